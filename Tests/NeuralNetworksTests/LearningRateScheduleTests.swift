import JSON
import NeuralNetworks
import Tensors
import TestSupport
import Testing

@Suite struct `Learning rate schedules` {
    @Test(arguments: [
        ("step", LearningRateSchedule.step(every: 2, factor: 0.5)), ("warmup", .warmup(0.25)),
        ("cosine", .cosine(warmup: 0)), ("oneCycle", .oneCycle(rise: 0.3)),
    ])
    func `follow PyTorch step by step`(name: String, schedule: LearningRateSchedule) throws {
        let expected = try #require(ReferenceValues.read("training")["schedules"]?[name]?.array)
        #expect(expected.count == 24)
        let state = ScheduleState(schedule, stepsPerEpoch: 1, epochs: 24)
        for (step, expected) in expected.enumerated() {
            #expect(abs(Double(state.factor(step: step)) - (expected.double ?? .nan)) < 1e-6, "\(name), step \(step)")
        }
    }

    @Test func `fall on a plateau as PyTorch's does`() throws {
        let reference = try #require(ReferenceValues.read("training")["plateau"])
        var state = ScheduleState(.plateau(factor: 0.5, patience: 1), stepsPerEpoch: 1, epochs: 12)
        let losses = reference["losses"]?.array ?? [], rates = reference["rates"]?.array ?? []
        #expect(losses.count == 12)
        for (loss, rate) in zip(losses, rates) {
            #expect(Double(state.factor(step: 0)) == rate.double)
            state.observe(loss: loss.double ?? .nan)
        }
    }

    @Test func `rise over the first share of all steps, then fall`() {
        let state = ScheduleState(.step(every: 4, factor: 0.1, warmup: 0.5), stepsPerEpoch: 10, epochs: 10)
        // By hand: 25 of 50 steps up, then two falls after epochs 4 and 8.
        #expect(abs(state.factor(step: 25) - 0.5005) < 1e-6)
        #expect(abs(state.factor(step: 60) - 0.1) < 1e-7)
        #expect(abs(state.factor(step: 99) - 0.01) < 1e-8)
    }

    @Test(arguments: [
        LearningRateSchedule.step(every: 0), .cosine(warmup: 2), .oneCycle(rise: 1), .plateau(factor: 1), .warmup(-1),
    ])
    func `are refused when they make no sense`(schedule: LearningRateSchedule) throws {
        var trainer = Trainer()
        trainer.schedule = schedule
        let network = try Network(inputShape: [1], layers: [.flatten], weights: [:])
        let error = try #require(throws: NeuralNetworkError.self) {
            _ = try trainer.train(
                network,
                on: TrainingExamples(inputs: Tensor(shape: [1, 1], repeating: 1)),
                objective: .reconstruction
            )
        }
        #expect(error.code == .invalidTraining && error.message.contains("schedule"))
    }
}
