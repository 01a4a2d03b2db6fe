import APIDescription
import Foundation
import HTTPServer
import Testing

@testable import FarwatchApp

/// The description of the API, held against what answers.
@Suite struct DescribedPathsTests {
  private let description = APIDescription(Endpoints.parts)

  /// What stands for the parts of paths that vary, so that something is found there.
  private static let examples = [
    "/ping/{id}": "/ping/known", "/ping/{id}/{state}": "/ping/known/start",
    "/ping/{id}/{slug}/{state}": "/ping/key/nightly/start", "/runbooks/{alert}": "/runbooks/region-down",
    "/SimpleNotificationService-{name}.pem": "/SimpleNotificationService-known.pem",
    "/api/v1/label/{name}/values": "/api/v1/label/job/values", "/regions/{name}": "/regions/east",
    "/links/{name}": "/links/db", "/backups/{name}": "/backups/dump",
    "/backups/{region}/{name}": "/backups/east/dump",
    "/api/v2/silence/{id}": "/api/v2/silence/00000000-0000-4000-8000-000000000000",
  ]

  @Test func everyDescribedPathIsServed() {
    for (method, path) in description.index {
      let example = Self.examples[path] ?? path
      #expect(!example.contains("{"), "an example of \(path) is missing here")
      let segments = example.split(separator: "/").map(String.init)
      let answer = Endpoints(daemon: StandIn()).answer(
        HTTPServerRequest(method: method, path: example, pathSegments: segments))
      var text = ""
      if case .bytes(let bytes) = answer.body { text = String(decoding: bytes, as: UTF8.self) }
      #expect(answer.status != 405, "\(method) \(path)")
      let isNowhere = text.contains("There is nothing here") || text.contains("was not found")
      #expect(!(answer.status == 404 && isNowhere), "\(method) \(path): \(text)")
    }
  }

  /// The paths stand in the sources as texts.
  @Test func everyServedPathIsDescribed() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    let described = Set(description.index.map(\.path))
    var served: Set<String> = []
    let folder = sources.appending(path: "FarwatchApp/Serving")
    let literal = try Regex(#"(?:case |static let path = )"(/[^"]*)""#)
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    where file.pathExtension == "swift" {
      for match in try String(contentsOf: file, encoding: .utf8).matches(of: literal) {
        if let path = match.output[1].substring { served.insert(String(path)) }
      }
    }
    let api = try String(
      contentsOf: sources.appending(path: "AlertmanagerAPI/AlertmanagerAPI.swift"), encoding: .utf8)
    for match in api.matches(of: try Regex(#"case \((true|false), \[([^\]]+)\]\)"#)) {
      let parts = (match.output[2].substring ?? "").split(separator: ",").map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: " \""))
      }
      let prefix = match.output[1].substring == "true" ? "/api/farwatch/" : "/api/v2/"
      served.insert(prefix + parts.joined(separator: "/"))
    }
    #expect(served.count > 15, "\(served)")
    #expect(served.subtracting(described) == [])
  }
}
