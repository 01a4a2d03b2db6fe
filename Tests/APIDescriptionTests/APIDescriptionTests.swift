import AccessControl
import FarwatchTesting
import Foundation
import Model
import Testing

@testable import APIDescription

@Suite struct APIDescriptionTests {
  private func document(_ parts: [APIDescription.Part] = APIDescription.Part.allCases) throws -> [String: Any]
  {
    let json = APIDescription(parts).openAPI(version: "1.2.3")
    return try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
  }

  /// A reader of YAML that nobody here wrote finds the same document.
  @Test func theDocumentIsTheSameAsYAML() async throws {
    let description = APIDescription(APIDescription.Part.allCases)
    let directory = try TemporaryDirectory("openapi")
    for (name, bytes) in [
      ("a.json", description.openAPI(version: "1.10")),
      ("a.yaml", description.openAPIAsYAML(version: "1.10")),
      ("b.json", Array(Self.odd.compact.utf8)), ("b.yaml", Array(Self.odd.yaml.utf8)),
    ] { try Data(bytes).write(to: URL(filePath: directory.file(name))) }
    let python = try PythonEnvironment()
    let check = """
      import json, sys, yaml
      for name in "ab":
        a = json.load(open(f"{sys.argv[1]}/{name}.json"))
        print(yaml.safe_load(open(f"{sys.argv[1]}/{name}.yaml")) == a, len(json.dumps(a)) > 100)
      """
    let said = try await ChildProcess.run([python.interpreter, "-c", check, directory.path])
    #expect(said == "True True\nTrue True\n")
  }

  private static let odd = OrderedJSON.object([
    .init("on", .string("no")), .init("200", .string("12e3")), .init("", .null),
    .init("a b: #c", .string("line\nline \u{1}\"\\ é 🚰 - x: y")), .init("empty", .object([])),
    .init("lists", .array([.array([]), .array([.integer(1), .array([.boolean(true)])]), .object([])])),
    .init(
      "deep", .array([.object([.init("one", .number(1.5)), .init("two", .object([.init("y", .null)]))])])),
  ])

  @Test func everyReferenceLeadsToASchemaAndEverySchemaIsUsed() throws {
    let text = String(
      decoding: APIDescription(APIDescription.Part.allCases).openAPI(version: "1"), as: UTF8.self)
    let parts = text.components(separatedBy: "#/components/schemas/").dropFirst()
    let referred = Set(parts.map { String($0.prefix { $0 != "\"" }) })
    #expect(referred == Set(Schemas.all.map(\.key)))
  }

  @Test func operationsAreNamedOnceAndSayTheParametersOfTheirPaths() {
    let all =
      Operations.state + Operations.events + Operations.acting + Operations.surface
      + Operations.alertmanager + Operations.prometheus
    #expect(Set(all.map(\.name)).count == all.count)
    #expect(Set(all.map { "\($0.method) \($0.path)" }).count == all.count)
    for operation in all {
      let inPath = operation.path.split(separator: "{").dropFirst().map { String($0.prefix { $0 != "}" }) }
      let said = operation.parameters.filter { $0.place == .path }.map(\.name)
      #expect(Set(inPath) == Set(said), "\(operation.path)")
      #expect(!operation.answers.isEmpty && !operation.summary.isEmpty)
    }
  }

  @Test func eachOperationNamesTheRoleThatTheDoorAsksFor() throws {
    let paths = try #require(try document()["paths"] as? [String: [String: [String: Any]]])
    func role(_ method: String, _ path: String) -> String? {
      paths[path]?[method]?["x-farwatch-role"] as? String
    }
    #expect(role("get", "/api/status") == "read")
    #expect(role("get", "/metrics") == "metrics")
    #expect(role("post", "/api/v2/silences") == "operate")
    #expect(role("post", "/api/v2/alerts") == "ingest")
    #expect(role("post", "/api/v1/query") == "read")
    #expect(role("get", "/-/healthy") == nil)
    #expect((paths["/-/healthy"]?["get"]?["security"] as? [Any])?.isEmpty == true)
    for (path, operations) in paths {
      for (method, operation) in operations {
        let responses = operation["responses"] as? [String: Any]
        #expect((responses?["401"] != nil) == (operation["x-farwatch-role"] != nil), "\(method) \(path)")
      }
    }
  }

  @Test func whatIsNotServedIsNotDescribed() throws {
    let paths = try #require(try document([.own])["paths"] as? [String: Any])
    #expect(paths["/api/status"] != nil && paths["/api/v1/query"] == nil && paths["/api/v2/alerts"] == nil)
  }
}
