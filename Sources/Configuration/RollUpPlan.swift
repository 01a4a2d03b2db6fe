package import Collecting

/// What the states of regions are made of, beside the checks themselves.
package struct RollUpPlan: Sendable {
  package var regions: [Settings.Region]
  package var calculated: [CalculatedCheck] = []
  package var canariesNeeded = 1
  /// nil: this watcher decides alone.
  package var quorum: Quorum?
  package var vantage = ""

  package init(regions: [Settings.Region]) { self.regions = regions }

  package init(_ settings: Settings) {
    regions = settings.regions
    calculated = settings.calculated
    canariesNeeded = settings.canariesNeeded
    quorum = settings.quorum
    vantage = settings.vantage
  }
}
