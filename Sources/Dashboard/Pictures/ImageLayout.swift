import Tensors

/// How the values of one row of a tensor lie on a picture.
struct ImageLayout: Sendable, Hashable {
    let width: Int
    let height: Int
    /// 1 for grey; 3 or 4 for colour, of which the first three are shown.
    let channels: Int
    /// Whether the values of a channel lie together, as PyTorch has them.
    let isChannelsFirst: Bool

    /// The largest side that is drawn.
    static let sideLimit = 256

    /// The layout of pictures in rows of `shape`; nil when the rows are no pictures.
    ///
    /// Pictures are `[n, h, w, c]`, `[n, c, h, w]`, `[n, h, w]`, or, for a tensor whose name says that it is an image,
    /// `[n, h·w]` and `[n, 3·h·w]` with square sides.
    /// A flat row of another name is a row of a table, whatever its length.
    init?(shape: [Int], name: String) {
        func side(_ value: Int) -> Bool { (4...Self.sideLimit).contains(value) }
        func channel(_ value: Int) -> Bool { value == 1 || value == 3 || value == 4 }
        switch shape.count {
        case 4 where channel(shape[3]) && side(shape[1]) && side(shape[2]):
            self.init(width: shape[2], height: shape[1], channels: shape[3], isChannelsFirst: false)
        case 4 where channel(shape[1]) && side(shape[2]) && side(shape[3]):
            self.init(width: shape[3], height: shape[2], channels: shape[1], isChannelsFirst: true)
        case 3 where side(shape[1]) && side(shape[2]):
            self.init(width: shape[2], height: shape[1], channels: 1, isChannelsFirst: false)
        case 2 where ["image", "pixel", "picture"].contains(where: { name.lowercased().contains($0) }):
            let grey = Int(Double(shape[1]).squareRoot())
            let colour = Int((Double(shape[1]) / 3).squareRoot())
            if side(grey), grey * grey == shape[1] {
                self.init(width: grey, height: grey, channels: 1, isChannelsFirst: false)
            } else if side(colour), 3 * colour * colour == shape[1] {
                self.init(width: colour, height: colour, channels: 3, isChannelsFirst: false)
            } else {
                return nil
            }
        default: return nil
        }
    }

    private init(width: Int, height: Int, channels: Int, isChannelsFirst: Bool) {
        self.width = width
        self.height = height
        self.channels = channels
        self.isChannelsFirst = isChannelsFirst
    }

    /// How many values a row has.
    var count: Int { width * height * channels }

    /// Where the value of a channel of a pixel lies in the row.
    func index(pixel: Int, channel: Int) -> Int {
        isChannelsFirst ? channel * width * height + pixel : pixel * channels + channel
    }
}
