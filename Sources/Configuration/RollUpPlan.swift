package import Collecting

/// What the states of regions are made of, beside the checks themselves.
package struct RollUpPlan: Sendable {
  package var regions: [Settings.Region]
  package var calculated: [CalculatedCheck] = []
  package var canariesNeeded = 1

  package init(regions: [Settings.Region]) { self.regions = regions }

  package init(_ settings: Settings) {
    regions = settings.regions
    calculated = settings.calculated
    canariesNeeded = settings.canariesNeeded
  }
}
