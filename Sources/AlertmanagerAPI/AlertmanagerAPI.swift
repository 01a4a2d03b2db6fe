/// Alertmanager's HTTP API, version 2: what is asked and answered, without the sockets.
package enum AlertmanagerAPI {
  package static let prefix = "/api/v2"
}
