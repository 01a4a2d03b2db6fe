package import RedisClient

extension CollectorClients {
  /// - Throws: `RedisError` when the system gives no thread or no descriptor.
  package var redis: RedisClient {
    get throws { try shared(RedisClient.self) { try RedisClient(resolver: resolver, time: time) } }
  }
}
