internal import Backups
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import ObjectStores
internal import StrictYAML

/// `velero:` of a backup job: by the cluster's Backup objects, or by what lies in the bucket.
enum VeleroSection {
  private static let places: [(key: String, read: StorePlaceSection.Reader)] = [
    ("s3", StorePlaceSection.s3), ("azure_blob", StorePlaceSection.azureBlob), ("gcs", StorePlaceSection.gcs),
  ]

  static func read(_ m: MappingReader, _ basics: BackupBasics, _ scope: Scope) -> any BackupJobSettings {
    m.atMostOne(of: "s3", "azure_blob", "gcs")
    guard let place = places.first(where: { m.has($0.key) }) else { return readCluster(m, basics, scope) }
    for other in places { m.allow(other.key) }
    let found = m.required(place.key, YAMLType<StorePlace>.mapping { place.read($0, scope) })
    var backup = VeleroStoreSettings(
      basics: basics, place: found, prefix: m.optional("prefix", .nonEmptyString) ?? "")
    backup.rules = ToolProgramSection.rules(m, basics, scope, hasFull: false)
    backup.schedule = m.optional("schedule", .nonEmptyString)
    backup.acceptsPartial = m.optional("accept_partial", .bool) ?? false
    return backup
  }

  private static func readCluster(
    _ m: MappingReader, _ basics: BackupBasics, _ scope: Scope
  ) -> any BackupJobSettings {
    var backup = VeleroSettings(
      basics: basics, program: ToolProgramSection.read(m, scope, usual: "/usr/local/bin/kubectl"))
    backup.rules = ToolProgramSection.rules(m, basics, scope, hasFull: false)
    backup.namespace = m.optional("namespace", ToolProgramSection.name) ?? backup.namespace
    backup.schedule = m.optional("schedule", ToolProgramSection.name)
    backup.storageLocation = m.optional("storage_location", .nonEmptyString)
    backup.kubeconfig = m.optional("kubeconfig", scope.paths.existing("the kubeconfig"))
    backup.context = m.optional("context", ToolProgramSection.name)
    backup.acceptsPartial = m.optional("accept_partial", .bool) ?? false
    return backup
  }
}
