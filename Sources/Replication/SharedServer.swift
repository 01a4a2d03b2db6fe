/// Regions of one link that turn out to be one server: a name, a proxy or a failover led two addresses to it.
///
/// What such a region says is the other's word said twice: it is no copy, and no second primary.
enum SharedServer {
  static func detail(_ other: String) -> String {
    "leads to the server that \(other) leads to: compare their addresses, names and proxies"
  }
}

/// Each region that leads to the same server as one before it, with that one.
///
/// - regions: in the order of the configuration, the source first.
func sharedServers<Observation>(
  _ regions: [String], _ seen: [String: Observation], isSame: (Observation, Observation) -> Bool
) -> [(region: String, other: String)] {
  var out: [(region: String, other: String)] = []
  for (index, region) in regions.enumerated() {
    guard let server = seen[region] else { continue }
    let other = regions[..<index].first { seen[$0].map { isSame($0, server) } ?? false }
    if let other { out.append((region, other)) }
  }
  return out
}
