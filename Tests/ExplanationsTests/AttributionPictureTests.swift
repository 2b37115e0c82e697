import Explanations
import Methods
import Tensors
import Testing

@Suite struct `Attribution picture` {
    static let image = Tensor<Float>(vector: [0, 16, 8, 0]).withShape([2, 2, 1])
    static let attributions = Tensor<Float>(vector: [0, 1, -1, 0.25]).withShape([2, 2, 1])

    @Test func `has one square a pixel, coloured by what spoke for and against`() throws {
        let picture = try AttributionPicture(image: Self.image, attributions: Self.attributions)
        let svg = picture.svg(title: "why <3> & not 8")
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("<title>why &lt;3&gt; &amp; not 8</title>"))
        #expect(svg.split(separator: "<rect").count - 1 == 4)
        // A dark pixel that said nothing, one that was all for the answer, one that was all against it.
        #expect(svg.contains("<rect x=\"0\" y=\"0\" width=\"1\" height=\"1\" fill=\"rgb(40,40,40)\"/>"))
        #expect(svg.contains("<rect x=\"1\" y=\"0\" width=\"1\" height=\"1\" fill=\"rgb(230,30,40)\"/>"))
        #expect(svg.contains("<rect x=\"0\" y=\"1\" width=\"1\" height=\"1\" fill=\"rgb(30,90,230)\"/>"))
    }

    @Test func `is drawn on a terminal with and without colour`() throws {
        let picture = try AttributionPicture(image: Self.image, attributions: Self.attributions)
        #expect(picture.plainText == "  @@     ##\n++     ==++\n")
        #expect(picture.plainText.contains("##") && picture.plainText.contains("=="))
        #expect(picture.terminal.contains("\u{1B}[48;2;230;30;40m  "))
        #expect(picture.terminal.split(separator: "\n").allSatisfy { $0.hasSuffix("\u{1B}[0m") })
    }

    @Test func `draws rows of a square number of values as a square, others as a line`() throws {
        let square = try AttributionPicture(
            image: Tensor(shape: [64], repeating: 1),
            attributions: Tensor(shape: [64], repeating: 1)
        )
        #expect(square.svg(title: "").contains("viewBox=\"0 0 8 8\""))
        let line = try AttributionPicture(
            image: Tensor(shape: [5], repeating: 1),
            attributions: Tensor(shape: [5], repeating: 0)
        )
        #expect(line.svg(title: "").contains("viewBox=\"0 0 5 1\""))
    }

    @Test func `refuses shapes that differ or are no image`() {
        #expect(throws: MethodError.self) {
            try AttributionPicture(image: Self.image, attributions: Tensor(shape: [4], repeating: 0))
        }
        let wide = Tensor<Float>(shape: [1, 2, 2, 1], repeating: 0)
        #expect(throws: MethodError.self) { try AttributionPicture(image: wide, attributions: wide) }
    }
}
