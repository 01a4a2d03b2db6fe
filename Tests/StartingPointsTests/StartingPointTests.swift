import Foundation
import Model
import StartingPoints
import Testing

@Suite struct StartingPointTests {
  private let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "examples")

  /// What `farwatch init` writes is what is shipped and tested; packaging/starting-points makes it so.
  @Test func theyAreTheExamplesAsTheyStand() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: examples.path).filter {
      FileManager.default.fileExists(
        atPath: examples.appending(path: $0).appending(path: "farwatch.yml").path)
    }
    #expect(Set(folders) == Set(StartingPoint.all.map(\.name)))
    for point in StartingPoint.all {
      let folder = examples.appending(path: point.name)
      let shipped = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
        $0.hasSuffix(".yml") && !$0.hasSuffix("_test.yml")
      }
      #expect(Set(shipped) == Set(point.files.map(\.name)), "\(point.name)")
      #expect(point.files.first?.name == "farwatch.yml")
      for file in point.files {
        let text = try String(contentsOf: folder.appending(path: file.name), encoding: .utf8)
        #expect(file.text == text, "\(point.name)/\(file.name): run packaging/starting-points")
      }
    }
  }

  @Test func regionsAreRenamedAsWholeWordsAndMayChangePlaces() throws {
    let point = try #require(StartingPoint.all.first { $0.name == "tiers" })
    let same = point.files(regions: point.regions, rules: "../../rules")
    #expect(same == point.files)
    let turned = point.files(regions: ["seoul-b", "seoul"], rules: "/rules")
    #expect(turned[0].text.contains("\n  seoul-b:\n    role: primary"))
    #expect(turned[0].text.contains("\n  seoul: {role: standby}"))
    #expect(turned[0].text.contains("rule_files: [rules.yml, /rules/*.yml]"))
    let clouds = try #require(StartingPoint.all.first { $0.name == "pilot-light" })
    let own = clouds.files(regions: ["busan", "osaka"], rules: "/rules")[0].text
    #expect(own.contains("  busan: {role: primary") && own.contains("azure_blob:"))
    #expect(own.contains("amazonaws.com") && own.contains("region=~\"busan|\""))
  }

  @Test func theSecretsAreListed() throws {
    let point = try #require(StartingPoint.all.first { $0.name == "taiwan-japan" })
    #expect(
      point.secrets == [
        "secrets/drill.id", "secrets/japan.dsn", "secrets/redis.password", "secrets/taiwan.dsn",
      ])
  }
}
