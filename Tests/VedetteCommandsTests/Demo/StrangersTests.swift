import Statistics
import Tensors
import Testing
import VedetteCommands

@Suite struct `Pictures of strangers` {
    @Test(arguments: [[8, 8, 1], [32, 32, 3]])
    func `have the shape and the scale that was asked for, and are not all alike`(shape: [Int]) {
        var generator = SeededGenerator(seed: 3)
        let pictures = Strangers.draw(count: 25, imageShape: shape, scale: 0...16, using: &generator)
        #expect(pictures.shape == [25] + shape)
        #expect(pictures.elements.allSatisfy { (0...16).contains($0) })
        let rows = (0..<25).map { pictures.rows($0..<$0 + 1).elements }
        #expect(Set(rows).count > 15)
        // Each has contrast: a blank picture would be no stranger but nothing.
        #expect(rows.allSatisfy { ($0.max() ?? 0) - ($0.min() ?? 0) > 4 })
    }
}
