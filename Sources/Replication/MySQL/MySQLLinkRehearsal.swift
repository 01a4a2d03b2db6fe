package import Collecting
package import Model

/// A link whose targets are complete for as long as both ends answer; a source that is lost alone is dead.
package struct MySQLLinkRehearsal: Rehearsal {
  private let settings: MySQLLinkSettings
  private var link: LinkRehearsal

  package init(_ settings: MySQLLinkSettings) {
    self.settings = settings
    link = LinkRehearsal(settings.basics, engine: "mysql")
  }

  package mutating func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    var outcome = link.outcome(loss, at: moment)
    let isIsolated = settings.nodes.allSatisfy { loss.regions.contains($0.region) }
    let isLost = loss.regions.contains(settings.source.region)
    outcome.readings += stateSet(
      MySQLMetrics.primaryState, "state", MySQLMetrics.primaryStates,
      current: isIsolated ? "isolated" : isLost ? "dead" : "alive", labels: ["link": settings.basics.link])
    return outcome
  }
}
