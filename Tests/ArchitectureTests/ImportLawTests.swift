import Foundation
import Testing

/// The house as its sources stand: which target imports which module.
private struct House {
  let root: URL
  let manifest: String

  init() throws {
    root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
  }

  /// Every Swift file below `folder`, with its path from the project's root.
  func swiftFiles(_ folder: String) throws -> [(path: String, text: String)] {
    let start = root.appending(path: folder)
    let walker = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)
    var files: [(String, String)] = []
    while let url = walker?.nextObject() as? URL {
      guard url.pathExtension == "swift" else { continue }
      files.append(
        (
          String(url.path.dropFirst(root.path.count + 1)),
          try String(contentsOf: url, encoding: .utf8)
        ))
    }
    return files
  }

  /// For each target under Sources: the modules that its files import.
  func imports() throws -> [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    let statement =
      #/^\s*(?:@\w+\s+)*(?:package |public |internal |private |fileprivate )?import (?:struct |class |enum |func |protocol )?(\w+)\s*$/#
    for (path, text) in try swiftFiles("Sources") {
      let target = String(path.split(separator: "/")[1])
      for line in text.split(separator: "\n") {
        if let match = line.firstMatch(of: statement) { found[target, default: []].insert(String(match.1)) }
      }
    }
    return found
  }

  /// For each of our targets: the targets and products that the manifest lets it import.
  func allowed() -> [String: Set<String>] {
    var allowed: [String: Set<String>] = [:]
    let declaration =
      #/(?:room|executableTarget)\(\s*(?:name:\s*)?"(\w+)"(?:,\s*(?:dependencies:\s*)?\[(.*?)\])?/#
      .dotMatchesNewlines()
    for match in manifest.matches(of: declaration) {
      let list = String(match.2 ?? "").replacing(#/package: "[^"]*"/#, with: "")
      allowed[String(match.1)] = Set(list.matches(of: #/"(\w+)"/#).map { String($0.1) })
      // The package Yams ships libyaml as a module of its own beside its Swift face.
      if allowed[String(match.1)]?.contains("Yams") == true { allowed[String(match.1)]?.insert("CYaml") }
    }
    return allowed
  }
}

private let systemModules: Set<String> = [
  "Swift", "Foundation", "FoundationEssentials", "Dispatch", "Synchronization", "Glibc", "Musl",
  "PackageDescription",
]

@Suite struct ImportLawTests {
  /// SwiftPM lets a target import what its dependencies depend on; the house does not.
  @Test func everyImportIsDeclared() throws {
    let house = try House()
    let allowed = house.allowed()
    let imports = try house.imports()
    #expect(imports.count > 10, "the sources were not found")
    for (target, modules) in imports {
      let permitted = try #require(allowed[target], "\(target) is not declared in Package.swift")
      let forbidden = modules.subtracting(permitted).subtracting(systemModules)
      #expect(forbidden.isEmpty, "\(target) imports \(forbidden.sorted()) without declaring it")
    }
  }

  /// Data moves from left to right: a stage may import what stands before it in this row, never what stands after.
  @Test func theFlowIsOneWay() throws {
    let flow = [
      "Model", "Collecting", "Probing", "SampleStore", "PromQL", "Alerting", "Notifying", "Configuration",
      "FarwatchApp",
    ]
    let imports = try House().imports()
    for (place, stage) in flow.enumerated() {
      let later = Set(flow[(place + 1)...])
      let back = (imports[stage] ?? []).intersection(later)
      #expect(back.isEmpty, "\(stage) imports \(back.sorted()), which comes after it")
    }
    // Stages meet at Model's protocols, not at each other.
    let strangers = [
      (
        "Collecting", ["SampleStore", "PromQL", "Alerting", "Notifying", "Probing", "Replication", "Backups"]
      ),
      ("Probing", ["SampleStore", "PromQL", "Alerting", "Notifying"]),
      ("Replication", ["SampleStore", "PromQL", "Alerting", "Notifying", "Backups"]),
      ("Backups", ["SampleStore", "PromQL", "Alerting", "Notifying", "Replication"]),
      ("Alerting", ["SampleStore", "Probing", "Notifying"]),
      ("Notifying", ["Alerting", "PromQL", "SampleStore", "Probing"]),
      ("Exposition", ["SampleStore", "HTTPServer"]),
      ("PromQL", ["SampleStore"]),
    ]
    for (stage, others) in strangers {
      let known = (imports[stage] ?? []).intersection(others)
      #expect(known.isEmpty, "\(stage) knows of \(known.sorted())")
    }
  }

  @Test func aForeignLibraryHasOneOwner() throws {
    let imports = try House().imports()
    for library in [
      "CMicroHTTPD", "CGnuTLS", "CCrypt", "CCurl", "CPostgres", "CZlib", "CRE2", "COpenSSL", "CEpoll",
      "CProcessStart", "CYaml", "GRDB", "ArgumentParser", "CMariaDB", "CRDKafka", "CCares", "CExpat",
      "CSnappy",
      "CMalloc", "CZstd",
    ] {
      let owners = imports.filter { $0.value.contains(library) }.map(\.key)
      #expect(owners.count == 1, "\(library) is imported by \(owners.sorted())")
    }
  }

  @Test func productionNeverImportsTheTestKit() throws {
    let users = try House().imports().filter { $0.value.contains("FarwatchTesting") }.map(\.key)
    #expect(Set(users).isSubset(of: ["FarwatchBench"]), "imported by \(users.sorted())")
  }

  @Test func noRoomIsCrowded() throws {
    let house = try House()
    for folder in ["Sources", "Tests"] {
      for (path, text) in try house.swiftFiles(folder) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(lines <= 500, "\(path) has \(lines) lines")
      }
    }
  }
}
