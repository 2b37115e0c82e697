import VedetteCommands

@main
struct Main {
    static func main() async {
        await Vedette.run()
    }
}
