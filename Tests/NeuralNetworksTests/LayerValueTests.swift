import NeuralNetworks
import Statistics
import Tensors
import Testing

/// What layers compute, against the plainest loops that say the same.
@Suite struct `Values of layers` {
    /// An image by its pixels, 0 outside.
    private struct Image {
        let tensor: Tensor<Float>
        subscript(y: Int, x: Int, channel: Int) -> Float {
            let (height, width, channels) = (tensor.shape[1], tensor.shape[2], tensor.shape[3])
            guard 0..<height ~= y, 0..<width ~= x else { return 0 }
            return tensor[(y * width + x) * channels + channel]
        }
    }

    @Test(arguments: [1, 2, 3], [Layer.Padding.same, .valid])
    func `a convolution is a sum over its window`(stride: Int, padding: Layer.Padding) throws {
        var generator = SeededGenerator(seed: 3)
        let kernel = 3
        let layer = Layer.convolution(filters: 4, kernel: kernel, stride: stride, padding: padding)
        let network = try Network(inputShape: [7, 6, 2], layers: [layer], using: &generator)
        let image = Image(tensor: .normal([1, 7, 6, 2], &generator))
        let output = try network(image.tensor)
        let weight = try #require(network.weights["convolution1.weight"])

        let (height, width) = (network.outputShape[0], network.outputShape[1])
        let wanted =
            padding == .same
            ? [(7 + stride - 1) / stride, (6 + stride - 1) / stride] : [4 / stride + 1, 3 / stride + 1]
        #expect([height, width] == wanted)
        // TensorFlow's rule: padding is split evenly, the odd row and column go after the image.
        let top = padding == .same ? max((height - 1) * stride + kernel - 7, 0) / 2 : 0
        let left = padding == .same ? max((width - 1) * stride + kernel - 6, 0) / 2 : 0
        for y in 0..<height {
            for x in 0..<width {
                for filter in 0..<4 {
                    var sum: Float = 0
                    for ky in 0..<kernel {
                        for kx in 0..<kernel {
                            for channel in 0..<2 {
                                sum +=
                                    image[y * stride - top + ky, x * stride - left + kx, channel]
                                    * weight[((ky * kernel + kx) * 2 + channel) * 4 + filter]
                            }
                        }
                    }
                    // 18 products in another order.
                    #expect(abs(output[(y * width + x) * 4 + filter] - sum) < 1e-5)
                }
            }
        }
    }

    @Test func `a transposed convolution is the transpose of the convolution with its weight`() throws {
        var generator = SeededGenerator(seed: 4)
        let up = Layer.transposedConvolution(filters: 2, kernel: 3, stride: 2, bias: false)
        let upward = try Network(inputShape: [3, 4, 5], layers: [up], using: &generator)
        #expect(upward.outputShape == [6, 8, 2])
        let weight = try #require(upward.weights["transposed-convolution1.weight"])
        #expect(weight.shape == [3, 3, 2, 5])
        let down = Layer.convolution(filters: 5, kernel: 3, stride: 2, bias: false)
        let downward = try Network(inputShape: [6, 8, 2], layers: [down], weights: ["convolution1.weight": weight])

        // ⟨C x, y⟩ = ⟨x, Cᵀ y⟩ for any x and y.
        let x = Tensor<Float>.normal([1, 6, 8, 2], &generator)
        let y = Tensor<Float>.normal([1, 3, 4, 5], &generator)
        let left = dot(try downward(x), y)
        let right = dot(x, try upward(y))
        #expect(abs(left - right) < 1e-4 * max(abs(left), 1))
    }

    private func dot(_ a: Tensor<Float>, _ b: Tensor<Float>) -> Float {
        zip(a.elements, b.elements).reduce(0) { $0 + $1.0 * $1.1 }
    }

    @Test func `pooling takes the largest or the mean of each window`() throws {
        let image = try Tensor<Float>(shape: [1, 2, 4, 1], elements: [1, 5, 2, 0, 3, 4, -1, 7])
        var generator = SeededGenerator(seed: 0)
        func run(_ layer: Layer) throws -> [Float] {
            try Network(inputShape: [2, 4, 1], layers: [layer], using: &generator)(image).elements
        }
        #expect(try run(.maxPooling(size: 2)) == [5, 7])
        #expect(try run(.averagePooling(size: 2)) == [3.25, 2])
        #expect(try run(.globalMaxPooling) == [7])
        #expect(try run(.globalAveragePooling) == [2.625])
    }

    @Test func `upsampling repeats pixels and max pooling keeps NaN`() throws {
        var generator = SeededGenerator(seed: 0)
        let small = try Tensor<Float>(shape: [1, 1, 2, 1], elements: [1, 2])
        let up = try Network(inputShape: [1, 2, 1], layers: [.upsampling(factor: 2)], using: &generator)
        #expect(try up(small).elements == [1, 1, 2, 2, 1, 1, 2, 2])
        let broken = try Tensor<Float>(shape: [1, 2, 2, 1], elements: [1, .nan, 3, 2])
        let pool = try Network(inputShape: [2, 2, 1], layers: [.maxPooling(size: 2)], using: &generator)
        #expect(try pool(broken).elements[0].isNaN)
    }

    @Test func `activations follow their formulas`() throws {
        let x = try Tensor<Float>(shape: [1, 4], elements: [-2, -0.5, 0, 3])
        var generator = SeededGenerator(seed: 0)
        func run(_ activation: Activation) throws -> [Float] {
            try Network(inputShape: [4], layers: [.activation(activation)], using: &generator)(x).elements
        }
        #expect(try run(.relu) == [0, 0, 0, 3])
        #expect(try run(.leakyReLU(slope: 0.5)) == [-1, -0.25, 0, 3])
        let elu = try run(.elu(alpha: 2))
        #expect(abs(elu[0] - -1.729329) < 1e-5)  // 2 (e^−2 − 1)
        #expect(elu[3] == 3)
        #expect(abs(try run(.sigmoid)[3] - 0.9525741) < 1e-6)
        #expect(abs(try run(.tanh)[0] - -0.9640276) < 1e-6)
        #expect(abs(try run(.softmax).reduce(0, +) - 1) < 1e-6)
    }

    @Test func `rescale subtracts the offset first`() throws {
        var generator = SeededGenerator(seed: 0)
        let layer = Layer.rescale(scale: [2, 0.5], offset: [1, 4])
        let network = try Network(inputShape: [2], layers: [layer], using: &generator)
        #expect(try network(Tensor(shape: [1, 2], elements: [3, 8])).elements == [4, 2])
    }
}
