import ArgumentParser
import FarwatchApp

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

extension DrillCommand {
  struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "report", abstract: "Print a drill's signed report, or write it to files.")

    @Argument(help: ArgumentHelp("The drill; else the newest.", valueName: "id"))
    var id: String?

    @Option(
      help: ArgumentHelp(
        "markdown, html or json; markdown unless told. With --output all of them unless told.",
        valueName: "format"))
    var format: String?

    @Option(
      help: ArgumentHelp("Write files into this directory, in place of printing.", valueName: "directory"))
    var output: String?

    @OptionGroup var target: Target

    private static let endings: KeyValuePairs = ["json": "json", "markdown": "md", "html": "html"]

    func validate() throws {
      if let format, !Self.endings.contains(where: { $0.key == format }) {
        throw ValidationError("--format is markdown, html or json.")
      }
    }

    func run() throws {
      guard let output else {
        return try target.ask { farwatch throws(AskingFailure) in
          // Not as a line: what is signed ends where it ends.
          put(try farwatch.drillReport(id, format: format ?? "markdown"), to: STDOUT_FILENO)
          return []
        }
      }
      try target.ask { farwatch throws(AskingFailure) in
        let name: String
        if let id { name = id } else { name = try farwatch.newestDrill() }
        var lines: [String] = []
        for (word, ending) in Self.endings where format == nil || format == word {
          let bytes = try farwatch.drillReport(name, format: word)
          lines.append(try DrillFiles.write(bytes, directory: output, name: "\(name).\(ending)"))
        }
        return lines
      }
    }

    private func put(_ bytes: [UInt8], to descriptor: Int32) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if written <= 0, errno != EINTR { return }
        rest = rest.dropFirst(max(0, written))
      }
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Check that a report is what was signed; asks nobody.",
      discussion: """
        Says what it checked: the signature over the whole file, the certificate, the chain of the journal's entries. \
        Exit code 1 when something does not hold, 2 when the file cannot be read.
        """)

    @Argument(help: ArgumentHelp("The report, in any of its forms.", valueName: "report"))
    var report: String

    @Option(
      help: ArgumentHelp(
        "SHA-256 of the certificate that it must be signed under, as `openssl x509 -fingerprint -sha256` prints it.",
        valueName: "digits"))
    var fingerprint: String?

    func run() throws {
      let verdict: DrillVerdict
      do throws(AskingFailure) {
        verdict = try DrillVerdict(file: report, fingerprint: fingerprint)
      } catch { throw CommandFailure(lines: [error.line], exitCode: 2) }
      for line in verdict.lines { print(line) }
      if !verdict.holds { throw CommandFailure(lines: []) }
    }
  }
}
