internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import ObjectStores
internal import Replication
internal import StrictYAML

/// A link of object stores: `source` and `targets`, each with one of `s3`, `azure_blob` and `gcs`.
enum ObjectStoreLinkSection {
  private static let places: [(key: String, read: StorePlaceSection.Reader)] = [
    ("s3", { StorePlaceSection.s3($0, $1) }), ("azure_blob", { StorePlaceSection.azureBlob($0, $1) }),
    ("gcs", { StorePlaceSection.gcs($0, $1) }),
  ]

  static func read(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    let node = YAMLType<ObjectStoreLinkSettings.Node?>.mapping { readNode($0, scope) }
    let source = m.required("source", node)
    let located = m.required("targets", .list(.located(node)))
    let targets = located.map(\.value)
    refuseSameBuckets(m, source, located)
    let limit = m.optional("objects_limit", .int(1...100_000_000))
    guard let source, targets.allSatisfy({ $0 != nil }) else { return nil }
    do throws(InvalidSettings) {
      var link = try ObjectStoreLinkSettings(
        link: pace.link, source: source, targets: targets.compactMap { $0 }, rpo: pace.rpo,
        // The pace of databases would list a bucket every second.
        interval: m.has("interval") ? pace.interval : .seconds(60),
        timeout: m.has("timeout") ? pace.timeout : .seconds(30))
      link.objectsLimit = limit ?? link.objectsLimit
      return link
    } catch {
      // A placeholder for what could not be read contradicts nothing.
      if m.problems.count == pace.problemsBefore { m.problem("\(error)") }
      return nil
    }
  }

  /// A bucket that is compared with itself misses nothing, whatever is lost.
  private static func refuseSameBuckets(
    _ m: MappingReader, _ source: ObjectStoreLinkSettings.Node?,
    _ targets: [(value: ObjectStoreLinkSettings.Node?, node: YAMLNode)]
  ) {
    var seen: [ObjectStoreLinkSettings.Node] = []
    if let source { seen.append(source) }
    for case (let target?, let node) in targets where !target.place.label.isEmpty {
      let spot = StoreSpot(target.place)
      let other = seen.first { $0.prefix == target.prefix && StoreSpot($0.place) == spot }
      if let other {
        let which = other.region == source?.region ? "the source's" : "that of \(other.region)"
        m.problems.add(
          "the same bucket and prefix as \(which): compared with itself it never misses anything", at: node)
      }
      seen.append(target)
    }
  }

  private static func readNode(_ m: MappingReader, _ scope: Scope) -> ObjectStoreLinkSettings.Node? {
    let region = m.required("region", scope.region)
    guard let key = theKey(of: m, among: places.map(\.key)),
      let kind = places.first(where: { $0.key == key })
    else { return nil }
    let place = m.required(
      kind.key,
      YAMLType<(place: StorePlace, prefix: String)?>.mapping { m in
        (kind.read(m, scope), m.optional("prefix", .string) ?? "")
      })
    return place.map { ObjectStoreLinkSettings.Node(region: region, place: $0.place, prefix: $0.prefix) }
  }
}
