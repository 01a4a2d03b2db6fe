internal import Collecting
package import Model

/// The families of Cloudflare's load balancing. A pool that the settings map to a region has that as the label `region`.
package enum CloudflareMetrics {
  package static let up = MetricFamily.gauge(
    "farwatch_cloudflare_up", "Whether the API answered every question of the last collection.")
  package static let poolEnabled = MetricFamily.gauge(
    "farwatch_cloudflare_pool_enabled", "Whether the pool may take traffic.")
  package static let poolHealthy = MetricFamily.gauge(
    "farwatch_cloudflare_pool_healthy",
    "Whether the pool is healthy, as Cloudflare says or, where it does not, as more than half of its data centers see "
      + "it; absent while nothing was measured.")
  package static let poolHealthyShare = MetricFamily.gauge(
    "farwatch_cloudflare_pool_healthy_pops_ratio", "Part of the data centers that see the pool healthy.")
  package static let popHealthy = MetricFamily.gauge(
    "farwatch_cloudflare_pop_pool_healthy", "Whether one data center sees the pool healthy.")
  package static let originEnabled = MetricFamily.gauge(
    "farwatch_cloudflare_origin_enabled", "Whether the origin may take traffic.")
  package static let originHealthy = MetricFamily.gauge(
    "farwatch_cloudflare_origin_healthy", "Whether one data center sees the origin healthy.")
  package static let originFailure = MetricFamily.gauge(
    "farwatch_cloudflare_origin_failure_reason", "1 for why one data center sees the origin unhealthy.")
  package static let originRoundTrip = MetricFamily.gauge(
    "farwatch_cloudflare_origin_rtt_seconds", "How long one data center's check of the origin took.")
  package static let balancerEnabled = MetricFamily.gauge(
    "farwatch_cloudflare_load_balancer_enabled", "Whether the load balancer answers.")
  package static let balancerPriority = MetricFamily.gauge(
    "farwatch_cloudflare_load_balancer_pool_priority",
    "Place of the pool among the load balancer's default pools, from 1; 0 for its fallback pool.")

  package static let all = [
    up, poolEnabled, poolHealthy, poolHealthyShare, popHealthy, originEnabled, originHealthy, originFailure,
    originRoundTrip, balancerEnabled, balancerPriority,
  ]
}
