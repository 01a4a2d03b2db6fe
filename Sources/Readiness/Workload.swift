/// Something that a company runs in several regions, and what a failover of it may cost: as configured.
package struct Workload: Hashable, Sendable {
  /// Data that must be there before the workload can go on.
  package struct DataSet: Hashable, Sendable {
    /// Unique in the workload.
    package var name: String
    /// The replication link that carries it; nil where only backups do.
    package var link: String?
    /// Jobs; a good backup of any of them restores it.
    package var backups: [String]

    package init(name: String, link: String? = nil, backups: [String] = []) {
      self.name = name
      self.link = link
      self.backups = backups
    }
  }

  package struct Objectives: Hashable, Sendable {
    /// Most data that may be lost, as time.
    package var recoveryPoint: Duration?
    /// Longest time until the workload goes on.
    package var recoveryTime: Duration?
    /// Between 0 and 1.
    package var availability: Double?

    package init(recoveryPoint: Duration? = nil, recoveryTime: Duration? = nil, availability: Double? = nil) {
      self.recoveryPoint = recoveryPoint
      self.recoveryTime = recoveryTime
      self.availability = availability
    }
  }

  /// Unique in a configuration.
  package var name: String
  /// Those that can carry it, the usual one first.
  package var regions: [String]
  package var data: [DataSet]
  /// The collector that tells where people are sent (`steering`, `marker` or `serving`).
  package var traffic: String?
  /// The link whose servers tell where writes are accepted; its own data set may be among ``data``.
  package var writer: String?
  /// The health check, one of that name in each region, whose success shows that the workload serves there.
  package var check: String?
  package var objectives: Objectives

  package init(
    name: String, regions: [String], data: [DataSet] = [], traffic: String? = nil, writer: String? = nil,
    check: String? = nil, objectives: Objectives = Objectives()
  ) {
    self.name = name
    self.regions = regions
    self.data = data
    self.traffic = traffic
    self.writer = writer
    self.check = check
    self.objectives = objectives
  }
}
