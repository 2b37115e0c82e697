package import Methods
package import Tensors

/// An attribution drawn over the image that it explains: the image in grey, what spoke for the output in red, what
/// spoke against it in blue.
package struct AttributionPicture: Sendable {
    private let height: Int
    private let width: Int
    private let grey: [Double]  // 0 dark … 1 light, by pixel
    private let strength: [Double]  // −1 … 1, by pixel

    /// Prepares a picture.
    ///
    /// Channels are averaged for the image and added up for the attribution. A row of values that is no image, but has
    /// a square number of them, is drawn as a square; another as one line.
    ///
    /// - Parameters:
    ///   - image: The instance, shape `[height, width]`, `[height, width, channels]` or `[values]`.
    ///   - attributions: The same shape.
    /// - Throws: `.shapeMismatch` when the shapes differ or have other axes.
    package init(image: Tensor<Float>, attributions: Tensor<Float>) throws(MethodError) {
        guard image.shape == attributions.shape, (1...3).contains(image.shape.count), image.count > 0 else {
            throw MethodError(
                .shapeMismatch,
                "a picture of an image \(image.shape) and attributions \(attributions.shape)",
                remedy: "Give both in the shape of one image: [height, width, channels]"
            )
        }
        switch image.shape.count {
        case 1:
            let side = Int(Double(image.count).squareRoot().rounded())
            (height, width) = side * side == image.count ? (side, side) : (1, image.count)
        default:
            (height, width) = (image.shape[0], image.shape[1])
        }
        let channels = image.count / (height * width)
        func perPixel(_ tensor: Tensor<Float>) -> [Double] {
            let values = tensor.elements
            return stride(from: 0, to: values.count, by: channels).map { start in
                values[start..<start + channels].reduce(0) { $0 + Double($1) }
            }
        }
        let sums = perPixel(image)
        let lowest = sums.min() ?? 0
        let span = (sums.max() ?? 0) - lowest
        grey = sums.map { span > 0 ? ($0 - lowest) / span : 0 }
        let shares = perPixel(attributions)
        let largest = shares.map(abs).max() ?? 0
        strength = shares.map { largest > 0 ? $0 / largest : 0 }
    }

    /// The picture as SVG text: one square a pixel, nothing else.
    ///
    /// - Parameter title: Read by screen readers and shown on hovering.
    package func svg(title: String, pixelSize: Int = 16) -> String {
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" role="img" width="\(width * pixelSize)" \
            height="\(height * pixelSize)" viewBox="0 0 \(width) \(height)" shape-rendering="crispEdges">
            <title>\(AttributionPicture.escaped(title))</title>

            """
        for index in 0..<height * width {
            let (red, green, blue) = colour(index)
            text += """
                <rect x="\(index % width)" y="\(index / width)" width="1" height="1" fill="rgb(\(red),\(green),\(blue))"/>

                """
        }
        return text + "</svg>\n"
    }

    /// The picture for a terminal with 24-bit colour: two spaces a pixel, one line a row of pixels.
    package var terminal: String {
        var text = ""
        for y in 0..<height {
            for x in 0..<width {
                let (red, green, blue) = colour(y * width + x)
                text += "\u{1B}[48;2;\(red);\(green);\(blue)m  "
            }
            text += "\u{1B}[0m\n"
        }
        return text
    }

    /// The picture for a terminal without colour: the image in shades beside the attribution in signs.
    ///
    /// `+` and `#` speak for the output, `-` and `=` against it, the second of each strongly.
    package var plainText: String {
        let shades = Array(" .:-=+*#%@")
        var text = ""
        for y in 0..<height {
            for x in 0..<width {
                let shade = shades[Int((grey[y * width + x] * 9).rounded())]
                text += "\(shade)\(shade)"
            }
            text += "   "
            for x in 0..<width {
                let sign = AttributionPicture.sign(strength[y * width + x])
                text += "\(sign)\(sign)"
            }
            text += "\n"
        }
        return text
    }

    private static func sign(_ strength: Double) -> Character {
        switch strength {
        case 0.5...: "#"
        case 0.1..<0.5: "+"
        case -0.5 ..< -0.1: "-"
        case ..<(-0.5): "="
        default: " "
        }
    }

    /// Grey, mixed with red or blue by the strength of the attribution.
    private func colour(_ index: Int) -> (red: Int, green: Int, blue: Int) {
        let base = 40 + 170 * grey[index]
        let share = min(1, abs(strength[index]).squareRoot())
        let tint: (Double, Double, Double) = strength[index] >= 0 ? (230, 30, 40) : (30, 90, 230)
        func mixed(_ target: Double) -> Int { Int((base * (1 - share) + target * share).rounded()) }
        return (mixed(tint.0), mixed(tint.1), mixed(tint.2))
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
