import ArgumentParser
import FoundationEssentials
import StartingPoints

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a configuration to start from.",
    discussion: """
      Asks which of five architectures is most like yours, on a terminal, or takes --scenario. Writes farwatch.yml with \
      its rules.yml and, where there are alarms, alarms.yml beside it: the files of examples/SCENARIO, commented. \
      Addresses in it are examples, and the secrets that it names are yours to put there.
      """)

  @Option(help: ArgumentHelp("\(StartingPoint.all.map(\.name).joined(separator: ", ")).", valueName: "name"))
  var scenario: String?

  @Option(
    help: ArgumentHelp("A region's name; once for each region, the usual one first.", valueName: "name"))
  var region: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where to write; - is standard output, farwatch.yml alone.", valueName: "file"))
  var output = "farwatch.yml"

  @Option(
    help: ArgumentHelp(
      "Folder of the rules that come with Farwatch; default: beside the program.", valueName: "folder"))
  var rules: String?

  @Flag(help: "Write over files that are there.")
  var force = false

  func run() throws {
    let point = try chosen()
    let names = region.isEmpty ? point.regions : region
    guard names.count == point.regions.count else {
      throw CommandFailure(
        lines: [
          "\(point.name) has \(point.regions.count) regions (\(point.regions.joined(separator: ", "))): "
            + "say --region as often, or not at all"
        ], exitCode: 2)
    }
    for name in names where !Self.isName(name) {
      throw CommandFailure(
        lines: ["--region \(name): a name is letters, digits, - and _, and begins with a letter"], exitCode: 2
      )
    }
    guard Set(names).count == names.count else {
      throw CommandFailure(lines: ["--region names a region twice"], exitCode: 2)
    }
    let files = point.files(regions: names, rules: rules ?? Self.shippedRules)
    guard output != "-" else {
      print(files[0].text, terminator: "")
      return
    }
    try write(files)
    print("\nIt needs, beside it: \(point.secrets.joined(separator: ", ")).")
    print("`farwatch check config --syntax-only \(output)` checks its form, without --syntax-only all of it.")
  }

  private func chosen() throws -> StartingPoint {
    if let scenario {
      if let point = StartingPoint.all.first(where: { $0.name == scenario }) { return point }
      let names = StartingPoint.all.map(\.name).joined(separator: ", ")
      throw CommandFailure(lines: ["unknown scenario \"\(scenario)\": it is one of \(names)"], exitCode: 2)
    }
    guard isatty(STDIN_FILENO) == 1 else {
      throw CommandFailure(
        lines: ["--scenario is needed where nobody can be asked: "]
          + StartingPoint.all.map { "  \($0.name): \($0.summary)" }, exitCode: 2)
    }
    print("Which of these is most like what you run?")
    for (number, point) in StartingPoint.all.enumerated() {
      print("  \(number + 1)  \(point.name): \(point.summary)")
    }
    while true {
      print("Number or name: ", terminator: "")
      fflush(nil)
      guard let line = readLine() else { throw CommandFailure(lines: ["nothing was chosen"]) }
      let answer = line.split(separator: " ").first.map(String.init) ?? ""
      if let number = Int(answer), StartingPoint.all.indices.contains(number - 1) {
        return StartingPoint.all[number - 1]
      }
      if let point = StartingPoint.all.first(where: { $0.name == answer }) { return point }
    }
  }

  /// All of them, or none when one is there already.
  private func write(_ files: [StartingPoint.File]) throws {
    let folder = output.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .map { $0 + "/" }.joined()
    let paths = files.enumerated().map { $0.offset == 0 ? output : folder + $0.element.name }
    let there = paths.filter { access($0, F_OK) == 0 }
    guard force || there.isEmpty else {
      throw CommandFailure(lines: there.map { "\($0) is there already; --force writes over it" })
    }
    for (path, file) in zip(paths, files) {
      do {
        try Data(file.text.utf8).write(to: URL(filePath: path), options: .atomic)
      } catch {
        throw CommandFailure(lines: ["cannot write \(path): is its folder there, and may you write into it?"])
      }
      print("wrote \(path)")
    }
  }

  private static func isName(_ name: String) -> Bool {
    guard let first = name.first, first.isASCII, first.isLetter, name.count <= 60 else { return false }
    return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
  }

  /// `PREFIX/share/farwatch/rules` for the program in `PREFIX/bin`, where it is there.
  private static var shippedRules: String {
    var path = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &path, path.count)
    let own = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let prefix = own.split(separator: "/").dropLast(2).joined(separator: "/")
    let rules = "/\(prefix)/share/farwatch/rules"
    return access(rules, F_OK) == 0 ? rules : "/usr/local/share/farwatch/rules"
  }
}
