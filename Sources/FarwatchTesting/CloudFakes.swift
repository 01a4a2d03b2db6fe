/// Small strict servers where no real one can be had: Azure's Blob Storage, whose signatures Azure's own client
/// verifies, and Google's Cloud Storage, whose only emulator never sends a second page.
package enum CloudFakes {
  /// Lists and reads a container `backups` of the account `pilot`.
  ///
  /// - Parameters:
  ///   - blobs: Python that makes a list of `(name, bytes, properties as XML)` named `blobs`.
  ///   - key: Base64.
  package static func azure(_ blobs: String, key: String) async throws -> (process: ChildProcess, port: Int) {
    try await PythonEnvironment().serve(azureScript, [blobs, key])
  }

  /// Lists and reads a bucket `backups`, and gives tokens out: to the service account of `key.json` in `folder`, which
  /// it writes, and as the metadata server.
  package static func google(_ objects: String, folder: String) async throws -> (
    process: ChildProcess, port: Int
  ) {
    try await PythonEnvironment().serve(googleScript, [objects, folder])
  }

  private static let common = """
    import sys, json, base64, re, threading, time
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from urllib.parse import urlparse, parse_qsl, unquote, quote
    from xml.sax.saxutils import escape
    class Base(BaseHTTPRequestHandler):
      protocol_version = 'HTTP/1.1'
      def log_message(self, *a): pass
      def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items(): self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
      def part(self, data, **headers):
        given = re.fullmatch(r'bytes=(\\d+)-(\\d+)', self.headers.get('Range', ''))
        if not given: return self.answer(200, data, **headers)
        low, high = int(given[1]), min(int(given[2]), len(data) - 1)
        if low >= len(data): return self.answer(416, b'')
        self.answer(206, data[low:high + 1], **headers)
    """

  private static let azureScript =
    common + """

      from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy
      key = sys.argv[2]
      exec(sys.argv[1])
      blobs.sort(key=lambda b: b[0].encode())
      markers = {}
      SAS = {'sv': '2020-10-02', 'sr': 'c', 'sp': 'rl', 'sig': 'a+b/c='}
      class Thing: pass
      class Server(Base):
        def refuse(self, status, code):
          self.answer(status, f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>no</Message></Error>'.encode(),
            x_ms_error_code=code)
        def allowed(self, query):
          given = self.headers.get('Authorization', '')
          if given.startswith('Bearer '): return given == 'Bearer azure-token-1'
          if not given: return all(query.get(k) == v for k, v in SAS.items())
          thing = Thing(); thing.context = Thing(); thing.context.transport = None; r = thing.http_request = Thing()
          names = {'range': 'byte_range'}
          r.headers = {names.get(k.lower(), k.lower()): v for k, v in self.headers.items() if k.lower() != 'authorization'}
          r.method, r.url = 'GET', 'http://x' + self.path
          r.query = {k: quote(v) for k, v in query.items()}
          SharedKeyCredentialPolicy('pilot', key).on_request(thing)
          return r.headers['Authorization'] == given
        def do_POST(self):
          body = dict(parse_qsl(self.rfile.read(int(self.headers['Content-Length'])).decode()))
          if body.get('client_secret') != 's&cret' or self.path != '/ten%20ant/oauth2/v2.0/token':
            return self.answer(401, b'{"error":"invalid_client","error_description":"AADSTS7000215"}')
          assert body['scope'] == 'https://storage.azure.com/.default', body
          self.answer(200, b'{"token_type":"Bearer","expires_in":3599,"access_token":"azure-token-1"}')
        def do_GET(self):
          url = urlparse(self.path)
          query = dict(parse_qsl(url.query, keep_blank_values=True))
          if not self.headers.get('x-ms-version'): return self.refuse(400, 'MissingRequiredHeader')
          if not self.allowed(query): return self.refuse(403, 'AuthenticationFailed')
          path = unquote(url.path)
          if not path.startswith('/backups'): return self.refuse(404, 'ContainerNotFound')
          if query.get('comp') == 'list':
            assert query['restype'] == 'container'
            found = [b for b in blobs if b[0].startswith(query.get('prefix', ''))]
            start = 0
            if 'marker' in query:
              if query['marker'] not in markers: return self.refuse(400, 'InvalidQueryParameterValue')
              start = markers[query['marker']]
            size = min(int(query.get('maxresults', 5000)), 5000)
            page = found[start:start + size]
            following = ''
            if start + size < len(found):
              following = '2!' + base64.b64encode(found[start + size][0].encode()).decode()
              markers[following] = start + size
            rows = ''.join(f'<Blob><Name>{escape(n)}</Name><Properties><Content-Length>{len(d)}</Content-Length>{p}'
              '</Properties></Blob>' for n, d, p in page)
            body = '\\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>' + rows + '</Blobs>' + (
              f'<NextMarker>{following}</NextMarker>' if following else '<NextMarker />') + '</EnumerationResults>'
            return self.answer(200, body.encode())
          for name, data, properties in blobs:
            if path == '/backups/' + name:
              tag = re.search('<Etag>(.*)</Etag>', properties)[1]
              if self.headers.get('If-Match') not in (None, f'"{tag}"'): return self.refuse(412, 'ConditionNotMet')
              if 'Archive' in properties: return self.refuse(409, 'BlobArchived')
              return self.part(data)
          self.refuse(404, 'BlobNotFound')
      server = ThreadingHTTPServer(('127.0.0.1', 0), Server)
      print('port', server.server_port, flush=True)
      server.serve_forever()
      """

  private static let googleScript =
    common + """

      from cryptography.hazmat.primitives.asymmetric import rsa, padding
      from cryptography.hazmat.primitives import serialization, hashes
      exec(sys.argv[1])
      objects.sort(key=lambda o: o[0].encode())
      tokens = {}
      private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
      def decoded(text): return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
      class Server(Base):
        def do_POST(self):
          body = dict(parse_qsl(self.rfile.read(int(self.headers['Content-Length'])).decode()))
          assert body['grant_type'] == 'urn:ietf:params:oauth:grant-type:jwt-bearer', body
          head, claims, signature = body['assertion'].split('.')
          try:
            private.public_key().verify(decoded(signature), f'{head}.{claims}'.encode(), padding.PKCS1v15(),
              hashes.SHA256())
            claims = json.loads(decoded(claims))
            assert json.loads(decoded(head)) == {'alg': 'RS256', 'typ': 'JWT', 'kid': 'k1'}
            assert claims['iss'] == 'watch@pilot.iam' and claims['aud'] == f'http://127.0.0.1:{port}/token'
            assert abs(claims['iat'] - time.time()) < 60 and claims['exp'] == claims['iat'] + 3600
            assert claims['scope'] == 'https://www.googleapis.com/auth/devstorage.read_only'
          except Exception as e:
            return self.answer(400, json.dumps({'error': 'invalid_grant', 'error_description': repr(e)}).encode())
          self.answer(200, b'{"access_token":"google-token-1","expires_in":3599,"token_type":"Bearer"}')
        def do_GET(self):
          url = urlparse(self.path)
          query = dict(parse_qsl(url.query, keep_blank_values=True))
          if url.path.startswith('/computeMetadata/'):
            if self.headers.get('Metadata-Flavor') != 'Google': return self.answer(403, b'')
            return self.answer(200, b'{"access_token":"google-token-1","expires_in":3599,"token_type":"Bearer"}')
          if self.headers.get('Authorization') != 'Bearer google-token-1':
            return self.answer(401, b'{"error":{"code":401,"message":"Invalid Credentials"}}')
          root = '/storage/v1/b/backups/o'
          if not url.path.startswith(root): return self.answer(404, b'{"error":{"code":404,"message":"no bucket"}}')
          if url.path == root:
            size = min(int(query.get('maxResults', 1000)), 1000)
            found = [o for o in objects if o[0].startswith(query['prefix'])
              and o[0].encode() >= query.get('startOffset', '').encode()]
            start = 0
            if 'pageToken' in query:
              if query['pageToken'] not in tokens:
                return self.answer(400, b'{"error":{"code":400,"message":"Invalid page token"}}')
              start = tokens[query['pageToken']]
            answer = {'items': [{'name': n, 'size': str(len(d)), 'timeCreated': t, 'updated': t, 'generation': g,
              'storageClass': c} for n, d, t, g, c in found[start:start + size]]}
            if not answer['items']: del answer['items']
            if start + size < len(found):
              answer['nextPageToken'] = base64.b64encode(str(start + size).encode()).decode()
              tokens[answer['nextPageToken']] = start + size
            return self.answer(200, json.dumps(answer).encode())
          name = unquote(url.path[len(root) + 1:])
          assert '/' not in url.path[len(root) + 1:] and query['alt'] == 'media'
          for n, d, t, g, c in objects:
            if n == name and query.get('generation', g) == g: return self.part(d)
          self.answer(404, b'No such object')
      server = ThreadingHTTPServer(('127.0.0.1', 0), Server)
      port = server.server_port
      pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()).decode()
      json.dump({'type': 'service_account', 'client_email': 'watch@pilot.iam', 'private_key': pem,
        'private_key_id': 'k1', 'token_uri': f'http://127.0.0.1:{port}/token'}, open(sys.argv[2] + '/key.json', 'w'))
      print('port', port, flush=True)
      server.serve_forever()
      """
}
