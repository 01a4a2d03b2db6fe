import Foundation
import Testing

@testable import RuleTesting

/// Runs the scripts of the query language's own project, where they lie beside the checkout. They are not part of
/// this one: without them nothing is proved here.
@Suite struct ConformanceTests {
  /// `shared/conformance/promql` beside a folder that holds this file, however deep.
  static let folder: URL? = {
    var place = URL(filePath: #filePath).deletingLastPathComponent()
    while place.path != "/" {
      place = place.deletingLastPathComponent()
      let folder = place.appending(path: "shared/conformance/promql")
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue {
        return folder
      }
    }
    return nil
  }()

  static var scripts: [URL] {
    guard let folder else { return [] }
    let all = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return (all ?? []).filter { $0.pathExtension == "test" }.sorted { $0.path < $1.path }
  }

  @Test(.enabled(if: folder != nil, "no folder shared/conformance/promql beside the checkout"))
  func everySharedScriptPasses() throws {
    #expect(Self.scripts.count >= 8)
    for file in Self.scripts {
      let run = ScriptRunner.run(try Script.parse(String(contentsOf: file, encoding: .utf8)))
      #expect(run.passed > 0, "\(file.lastPathComponent) asks nothing")
      for failure in run.failures {
        Issue.record("\(file.lastPathComponent):\(failure.lines.joined(separator: "\n"))")
      }
    }
  }
}
