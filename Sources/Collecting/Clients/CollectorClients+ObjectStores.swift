package import ObjectStores

extension CollectorClients {
  package var objectStores: StoreTransport {
    get throws {
      try shared(
        StoreTransport.self, make: { StoreTransport(userAgent: userAgent, time: time) },
        stop: { $0.shutdown() })
    }
  }
}
