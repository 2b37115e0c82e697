extension Graph {
    /// Where a network's weights are read, and where their gradients go.
    struct WeightSource {
        let values: any WeightValues
        /// `nil` for a network that stays as it is: gradients then flow through it to its input only.
        let gradients: WeightBuffer?
        /// Whether layers that follow one another may become one operation, which computes none of the values between
        /// them; the layer of this name is always computed.
        var folding: Folding = .never

        enum Folding {
            case never
            case allowed(keeping: String?)
        }

        var isFrozen: Bool { gradients == nil }
    }

    /// Records a network that stays as it is: its batch normalisation uses running averages, its dropout does nothing,
    /// and gradients flow through it to `x`.
    ///
    /// - Throws: `.shapeMismatch` when `x` does not have the network's input size.
    public func apply(_ network: Network, to x: Variable) throws(NeuralNetworkError) -> Variable {
        guard x.size == network.inputShape.reduce(1, *) else {
            throw NeuralNetworkError(
                .shapeMismatch,
                "the network takes rows of \(network.inputShape) and was given \(x.shape)",
                remedy: "Reshape to the network's input"
            )
        }
        let input = x.shape == network.inputShape ? x : reshape(x, to: network.inputShape)
        let source = WeightSource(values: network.values, gradients: nil)
        return try apply(network.plan, to: input, source)
    }

    /// Records planned layers; `visit` sees each layer's output.
    func apply(
        _ plans: [LayerPlan],
        to x: Variable,
        _ source: WeightSource,
        visit: (LayerPlan, Variable) -> Void = { _, _ in }
    ) throws(NeuralNetworkError) -> Variable {
        var x = x
        var rest = plans[...]
        while let plan = rest.first {
            if let folded = foldedConvolution(rest, of: x, source) ?? foldedDense(rest, of: x, source) {
                x = record(folded.operation)
                visit(rest[rest.startIndex + folded.layers - 1], x)
                rest = rest.dropFirst(folded.layers)
            } else {
                x = try apply(plan, to: x, source, visit)
                visit(plan, x)
                rest = rest.dropFirst()
            }
        }
        return x
    }

    private func apply(
        _ plan: LayerPlan,
        to x: Variable,
        _ source: WeightSource,
        _ visit: (LayerPlan, Variable) -> Void
    ) throws(NeuralNetworkError) -> Variable {
        let weights = plan.weights.map { variable(for: $0, source) }
        func bias(_ isUsed: Bool) -> Variable? { isUsed ? weights[1] : nil }
        switch plan.layer {
        case .rescale(let scale, let offset):
            return record(Rescale(x, scale: scale, offset: offset, in: self))
        case .dense(_, let hasBias):
            return record(Dense(x, weight: weights[0], bias: bias(hasBias), in: self))
        case .convolution(_, let kernel, let stride, let padding, let dilation, let groups, let hasBias):
            let window = try ImageWindow(
                image: x.shape,
                kernel: kernel,
                stride: stride,
                padding: padding,
                dilation: dilation
            )
            return convolution(x, weights[0], bias(hasBias), window, groups: groups, isTransposed: false)
        case .sequenceConvolution(_, let kernel, let stride, let padding, let dilation, let groups, let hasBias):
            let window = try ImageWindow(
                sequence: x.shape,
                kernel: kernel,
                stride: stride,
                padding: padding,
                dilation: dilation
            )
            let image = reshape(x, to: [1] + x.shape)
            let y = convolution(image, weights[0], bias(hasBias), window, groups: groups, isTransposed: false)
            return reshape(y, to: plan.outputShape)
        case .transposedConvolution(
            let filters,
            let kernel,
            let stride,
            let padding,
            let dilation,
            let groups,
            let outputPadding,
            let hasBias
        ):
            let (_, window) = try Layer.transposedWindow(
                image: x.shape,
                filters: filters,
                kernel: kernel,
                stride: stride,
                padding: padding,
                dilation: dilation,
                outputPadding: outputPadding
            )
            return convolution(x, weights[0], bias(hasBias), window, groups: groups, isTransposed: true)
        case .maxPooling(let size, let stride):
            let window = try ImageWindow(image: x.shape, kernel: size, stride: stride, padding: .valid)
            return record(MaxPooling(x, window: window, in: self))
        case .averagePooling(let size, let stride):
            let window = try ImageWindow(image: x.shape, kernel: size, stride: stride, padding: .valid)
            return record(AveragePooling(x, window: window, in: self))
        case .globalAveragePooling:
            return record(GlobalAveragePooling(x, in: self))
        case .globalMaxPooling:
            return record(MaxPooling(x, window: ImageWindow(whole: x.shape), shape: plan.outputShape, in: self))
        case .upsampling(let factor):
            return record(Upsampling(x, factor: factor, in: self))
        case .batchNormalisation(let momentum, let epsilon):
            let operation = BatchNormalisation(
                x,
                weights: (weights[0], weights[1], weights[2], weights[3]),
                momentum: momentum,
                epsilon: epsilon,
                isFrozen: source.isFrozen,
                in: self
            )
            return record(operation)
        case .layerNormalisation(let epsilon):
            let samples = x.size / weights[0].size
            return normalisation(x, weights, groups: 1, samplesPerRow: samples, epsilon)
        case .groupNormalisation(let groups, let epsilon):
            return normalisation(x, weights, groups: groups, samplesPerRow: 1, epsilon)
        case .embedding:
            return record(Gather(weights[0], at: x, name: plan.name, in: self))
        case .selfAttention(let heads, let isCausal):
            let projected = record(Dense(x, weight: weights[0], bias: weights[1], in: self))
            let attended = record(Attention(projected, heads: heads, isCausal: isCausal, in: self))
            return record(Dense(attended, weight: weights[2], bias: weights[3], in: self))
        case .normalSampling:
            let axis = x.shape.count - 1
            let half = x.shape[axis] / 2
            let mean = record(Slice(x, axis: axis, 0..<half, in: self))
            if source.isFrozen { return mean }
            let logVariance = record(Slice(x, axis: axis, half..<2 * half, in: self))
            return record(NormalSampling(mean: mean, logVariance: logVariance, in: self))
        case .dropout(let rate):
            return source.isFrozen ? x : record(Dropout(x, rate: rate, in: self))
        case .flatten, .reshape:
            return reshape(x, to: plan.outputShape)
        case .activation(let activation):
            return self.activation(activation, of: x)
        case .lstm(_, let returns, _), .gru(_, let returns, _):
            return recurrence(x, weights, isGated: plan.layer.kind == "gru", returns)
        case .residual:
            let inner = try apply(plan.inner, to: x, source, visit: visit)
            let skipped = try apply(plan.projection, to: x, source)
            return weightedSum([(1, inner), (1, skipped)])
        }
    }

    private func convolution(
        _ x: Variable,
        _ weight: Variable,
        _ bias: Variable?,
        _ window: ImageWindow,
        groups: Int,
        isTransposed: Bool
    ) -> Variable {
        if groups > 1 || window.dilation > 1 {
            return record(
                GroupedConvolution(
                    x,
                    weight: weight,
                    bias: bias,
                    window: window,
                    groups: groups,
                    isTransposed: isTransposed,
                    in: self
                )
            )
        }
        if isTransposed {
            return record(TransposedConvolution(x, weight: weight, bias: bias, window: window, in: self))
        }
        return record(Convolution(x, weight: weight, bias: bias, window: window, in: self))
    }

    private func normalisation(
        _ x: Variable,
        _ weights: [Variable],
        groups: Int,
        samplesPerRow: Int,
        _ epsilon: Float
    ) -> Variable {
        let operation = GroupNormalisation(
            x,
            scale: weights[0],
            shift: weights[1],
            groups: groups,
            samplesPerRow: samplesPerRow,
            epsilon: epsilon,
            in: self
        )
        return record(operation)
    }

    /// A recurrent layer from the weights of one direction or, one after the other, of two.
    private func recurrence(_ x: Variable, _ weights: [Variable], isGated: Bool, _ returns: Layer.States) -> Variable {
        let perDirection = isGated ? 4 : 3
        let directions = stride(from: 0, to: weights.count, by: perDirection).map { first in
            let direction = Recurrence.Weights(
                input: weights[first],
                recurrent: weights[first + 1],
                bias: weights[first + 2],
                recurrentBias: isGated ? weights[first + 3] : nil
            )
            return record(
                Recurrence(x, direction, isReversed: first > 0, returnsSequence: returns == .sequence, in: self)
            )
        }
        guard directions.count > 1 else { return directions[0] }
        return record(Concatenation(directions, axis: directions[0].shape.count - 1, in: self))
    }

    func variable(for slot: WeightSlot, _ source: WeightSource) -> Variable {
        let gradients = slot.isTrained ? source.gradients : nil
        if let gradients { retain(gradients) }
        return weight(
            shape: slot.shape,
            value: source.values.values(of: slot),
            gradient: gradients.map { $0.base + slot.offset },
            owner: source.values
        )
    }
}

extension ImageWindow {
    /// The one window that is the whole of an image of any sides.
    init(whole image: [Int]) {
        height = image[0]
        width = image[1]
        channels = image[2]
        (kernelHeight, kernelWidth) = (height, width)
        stride = max(height, width)
        padTop = 0
        padLeft = 0
        outputHeight = 1
        outputWidth = 1
        dilation = 1
    }
}
