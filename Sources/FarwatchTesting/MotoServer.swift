/// moto's S3, which checks signatures and policies: the objects are put there by boto3 before they are enforced.
package struct MotoBucket: Sendable {
  package let port: Int
  /// Of a user that may list and read.
  package let reader: (id: String, secret: String)
  /// Of a user that may do nothing.
  package let nobody: (id: String, secret: String)
  private let process: ChildProcess

  package var endpoint: String { "http://127.0.0.1:\(port)" }

  private static let script = """
    import os, sys, json, threading
    os.environ.update(INITIAL_NO_AUTH_ACTION_COUNT='1000000', AWS_DEFAULT_REGION='eu-central-1',
      AWS_ACCESS_KEY_ID='root', AWS_SECRET_ACCESS_KEY='root', MOTO_CALL_RESET_API='false')
    from moto.server import ThreadedMotoServer
    import boto3, urllib.request
    server = ThreadedMotoServer(ip_address='127.0.0.1', port=0)
    server.start()
    port = server.get_host_and_port()[1]
    url = f'http://127.0.0.1:{port}'
    def client(name): return boto3.client(name, endpoint_url=url, region_name='eu-central-1')
    iam, s3 = client('iam'), client('s3')
    def user(name, actions):
      iam.create_user(UserName=name)
      if actions: iam.put_user_policy(UserName=name, PolicyName='p', PolicyDocument=json.dumps(
        {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': actions, 'Resource': '*'}]}))
      key = iam.create_access_key(UserName=name)['AccessKey']
      return [key['AccessKeyId'], key['SecretAccessKey']]
    facts = {'reader': user('reader', ['s3:ListBucket', 's3:GetObject', 's3:ListBucketMultipartUploads']),
      'nobody': user('nobody', None)}
    s3.create_bucket(Bucket='backups', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})
    exec(sys.argv[1])
    if sys.argv[2] == 'enforced':
      request = urllib.request.Request(f'{url}/moto-api/reset-auth', data=b'0', method='POST',
        headers={'Content-Type': 'text/plain'})
      urllib.request.urlopen(request).read()
    print('reader', *facts['reader'])
    print('nobody', *facts['nobody'])
    print('port', port, flush=True)
    threading.Event().wait()
    """

  /// - Parameters:
  ///   - filling: Python that fills the bucket `backups` by `s3`.
  ///   - isEnforced: whether signatures and policies count. moto 5.1 unescapes before it checks, so that nothing
  ///     that is escaped in path or query passes, also not what boto3 signs.
  package init(_ filling: String, isEnforced: Bool = true) async throws {
    let server = try await PythonEnvironment().serve(
      Self.script, [filling, isEnforced ? "enforced" : "open"])
    process = server.process
    port = server.port
    func user(_ name: String) throws -> (id: String, secret: String) {
      let line = server.process.output.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
      guard let words = line?.split(separator: " "), words.count == 3 else {
        throw BenchError("no user \(name): \(server.process.output)")
      }
      return (String(words[1]), String(words[2]))
    }
    reader = try user("reader")
    nobody = try user("nobody")
  }

  package func stop() { process.stop() }
}
