import CheckIns
import Collecting
import ConfigurationTypes
import FarwatchTesting
import Model
import StrictYAML
import Testing

@testable import CollectorConfiguration

private func read(_ text: String, _ folder: TemporaryDirectory) -> (HealthSection.Plan, [String]) {
  let scope = Scope(regions: ["r"], vantage: "v", paths: FilePaths(directory: folder.path))
  let problems = Problems(file: "f")
  let plan = YAML.read(text, as: .mapping { HealthSection.read($0, scope) }, problems)
  do {
    try problems.throwIfAny()
    return (plan, [])
  } catch { return (plan, ["\(error)"]) }
}

/// Jobs that are visited under a ping key and a slug.
@Suite struct CheckInSectionTests {
  @Test func aJobIsKnownByItsSlugOrItsIDOrBoth() throws {
    let folder = try TemporaryDirectory()
    try folder.write("key", "fqOOd6-F4MMNuCEnzTU01w\nanything\n")
    let (plan, problems) = read(
      """
      checks:
      - {name: dump, region: r, push: {slug: db-dump, ping_key_file: key, period: 1d}}
      - {name: both, region: r, push: {id: x-1, slug: both, ping_key_file: key, period: 1d}}
      - {name: plain, region: r, push: {id: x-2, period: 1d}}
      """, folder)
    #expect(problems == [])
    let jobs = plan.checks.compactMap { $0 as? CheckInSettings }
    let key = "fqOOd6-F4MMNuCEnzTU01w"
    // What a job without id is known by stands in no address.
    #expect(jobs.map(\.id) == ["r/dump", "x-1", "x-2"])
    #expect(jobs.map(\.slug) == [.init(key: key, slug: "db-dump"), .init(key: key, slug: "both"), nil])
    #expect(plan.pushIDs == ["r/dump": "r/dump", "r/both": "x-1", "r/plain": "x-2"])
  }

  @Test func oneSlugUnderOneKeyIsOneJob() throws {
    let folder = try TemporaryDirectory()
    try folder.write("key", "s3cr3t-key\n")
    try folder.write("other", "0ther-key\n")
    let (_, problems) = read(
      """
      checks:
      - {name: a, region: r, push: {slug: dump, ping_key_file: key, period: 1d}}
      - {name: b, region: r, push: {slug: dump, ping_key_file: other, period: 1d}}
      - {name: c, region: r, push: {slug: dump, ping_key_file: key, period: 1d}}
      """, folder)
    #expect(problems == ["f:4:3: this push slug is declared a second time; first in line 2"])
    // A check that cannot be read leaves open which pushes there are.
    #expect(read("checks: [{name: a, region: r}]", folder).0.pushIDs == nil)
  }
}
