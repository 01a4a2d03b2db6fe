package import MySQLClient

extension CollectorClients {
  /// - Throws: `MySQLError` when the system gives no thread or no descriptor.
  package var mysql: MySQLClient {
    get throws { try shared(MySQLClient.self) { try MySQLClient(time: time) } }
  }
}
