// Where our engine and llhttp differ on llhttp's own pages, case by case. `stricter`: we refuse what
// llhttp takes. `other`: both take it and make something else of it, or it is refused elsewhere.
export const verdicts: Readonly<Record<string, `${'stricter' | 'other'}: ${string}`>> = {
  'request/connection.md › `keep-alive` › Resetting flags when keep-alive is off (1.0, lenient)':
    'stricter: nothing is read behind a message that closes the connection',
  'request/connection.md › Parsing multiple tokens › Multiple tokens with folding':
    'stricter: line folding is refused',
  'request/connection.md › Parsing multiple tokens › Multiple tokens with folding and LWS':
    'other: an upgrade is not taken, the request is served without it',
  'request/connection.md › Parsing multiple tokens › Multiple tokens with folding, LWS, and CRLF':
    'stricter: line folding is refused',
  'request/connection.md › Parsing multiple tokens › Invalid whitespace token with `Connection` header field (lenient)':
    'stricter: white space before a colon is refused',
  'request/connection.md › `upgrade` › Setting a flag and pausing':
    'other: an upgrade is not taken, the request is served without it',
  'request/connection.md › `upgrade` › Emitting part of body and pausing':
    'other: an upgrade is not taken, the request is served without it',
  'request/connection.md › `upgrade` › Upgrade GET request':
    'other: an upgrade is not taken, the request is served without it',
  'request/connection.md › `upgrade` › Upgrade POST request':
    'other: an upgrade is not taken, the request is served without it',
  'request/content-length.md › `Content-Length` with zeroes':
    'stricter: a zero-padded length is refused',
  'request/content-length.md › `Content-Length` with follow-up headers':
    'stricter: a zero-padded length is refused',
  'request/content-length.md › Invalid whitespace token with `Content-Length` header field (lenient)':
    'stricter: white space before a colon is refused',
  'request/content-length.md › No error on simultaneous `Content-Length` and `Transfer-Encoding: identity` (lenient)':
    'stricter: `chunked` is the only coding',
  'request/content-length.md › Spaces in `Content-Length` (surrounding) › Tabs in `Content-Length` (surrounding)':
    'stricter: a tab beside a length is refused',
  'request/content-length.md › Content-Length reset when no body is received':
    'other: llhttp was told to skip the body, which no request may',
  'request/content-length.md › Missing CRLF-CRLF before body (lenient)':
    'stricter: a bare CR ends no line; the head goes on',
  'request/invalid.md › HTTP protocol and ANNOUNCE method':
    'other: a method is any token, and the contract decides which are served',
  'request/invalid.md › Headers separated by dummy characters (lenient)':
    'stricter: a bare CR ends no line; the head goes on',
  'request/invalid.md › Invalid space after start line › Only LFs present (lenient)':
    'stricter: lines end in CRLF',
  'request/invalid.md › Invalid space after start line › Spaces before headers (lenient)':
    'stricter: line folding is refused',
  'request/lenient-header-value-relaxed.md › Control char in header value (relaxed)':
    'stricter: control characters are refused',
  'request/lenient-headers.md › Header value (lenient)': 'stricter: control characters are refused',
  'request/lenient-headers.md › Second request header value (lenient)':
    'stricter: control characters are refused',
  'request/lenient-headers.md › Header value › Empty headers separated by CR (lenient)':
    'stricter: control characters are refused',
  'request/lenient-version.md › Invalid HTTP version (lenient)':
    'stricter: other versions are refused',
  'request/method.md › CONNECT request':
    'other: CONNECT is refused by the router, not by the parser',
  'request/method.md › CONNECT request with CAPS':
    'other: CONNECT is refused by the router, not by the parser',
  'request/method.md › CONNECT with body':
    'other: CONNECT is refused by the router, not by the parser',
  'request/method.md › M-SEARCH request': 'stricter: the target `*` is for OPTIONS alone',
  'request/method.md › SOURCE request with ICE':
    'stricter: a request line is `method target HTTP/1.1`',
  'request/method.md › OPTIONS request with RTSP':
    'stricter: a request line is `method target HTTP/1.1`',
  'request/method.md › ANNOUNCE request with RTSP':
    'stricter: a request line is `method target HTTP/1.1`',
  'request/sample.md › curl GET': 'stricter: a host holds no `=`',
  'request/sample.md › Firefox GET': 'stricter: a host holds no `=`',
  'request/sample.md › No HTTP version': 'stricter: a request line is `method target HTTP/1.1`',
  'request/sample.md › Line folding in header value with CRLF': 'stricter: line folding is refused',
  'request/sample.md › X-SSL-Nonsense': 'stricter: line folding is refused',
  'request/transfer-encoding.md › `chunked` › Trailing headers':
    'other: trailers that route, frame or describe are left out',
  'request/transfer-encoding.md › POST with `Transfer-Encoding` and `Content-Length` (lenient)':
    'stricter: a target has no fragment, and `chunked` is the only coding',
  'request/transfer-encoding.md › POST with `chunked` before other transfer-coding (lenient)':
    'stricter: a target has no fragment, and `chunked` is the only coding',
  'request/transfer-encoding.md › POST with `chunked` and duplicate transfer-encoding (lenient)':
    'stricter: a target has no fragment, and `chunked` is the only coding',
  'request/transfer-encoding.md › POST with `chunked` as last transfer-encoding':
    'stricter: a target has no fragment, and `chunked` is the only coding',
  'request/transfer-encoding.md › POST with `chunked` as last transfer-encoding (multiple headers)':
    'stricter: a target has no fragment, and `chunked` is the only coding',
  'request/transfer-encoding.md › Invalid OBS fold after chunked value › Chunk header not terminated by CRLF (lenient)':
    'stricter: a chunk size is plain hexadecimal to its CRLF',
  'request/transfer-encoding.md › Invalid OBS fold after chunked value › Chunk data not terminated by CRLF (lenient)':
    'stricter: a chunk ends in CRLF',
  'request/transfer-encoding.md › Space after chunk header (lenient)':
    'stricter: a chunk size is plain hexadecimal to its CRLF',
  'request/uri.md › Quotes in URI': 'stricter: a target holds no quotes',
  'request/uri.md › Host terminated by a query string':
    'stricter: an absolute target names the host that Host names',
  'request/uri.md › `host:port` terminated by a query string':
    'stricter: an absolute target names the host that Host names',
  'request/uri.md › `host:port` terminated by a space':
    'stricter: an absolute target names the host that Host names',
  'request/uri.md › Fragment in URI': 'stricter: a target has no fragment',
  'request/uri.md › Underscore in hostname':
    'other: CONNECT is refused by the router, not by the parser',
  'request/uri.md › `host:port` and basic auth':
    'stricter: an absolute target names the host that Host names',
  'response/connection.md › HTTP 101 response with Upgrade and Content-Length header':
    'stricter: a 101 has neither length nor coding',
  'response/connection.md › HTTP 101 response with Upgrade and Transfer-Encoding header':
    'stricter: a 101 has neither length nor coding',
  'response/connection.md › HTTP 304 with Content-Length':
    'stricter: bytes behind a reply are not the reply to what was not asked yet',
  'response/connection.md › HTTP 304 with Transfer-Encoding':
    'stricter: bytes behind a reply are not the reply to what was not asked yet',
  'response/connection.md › HTTP 100 first, then 400':
    'stricter: an empty line stands before a status line',
  'response/content-length.md › Content-Length reset when no body is received':
    'stricter: bytes behind a reply are not the reply to what was not asked yet',
  'response/content-length.md › Tabs in `Content-Length` (surrounding)':
    'stricter: a tab beside a length is refused',
  'response/finish.md › It should be safe to finish with cb after empty response':
    'other: the close ends the body',
  'response/invalid.md › Bare CR after response line (lenient)': 'stricter: lines end in CRLF',
  'response/invalid.md › Invalid space after start line › Only LFs present and no body (lenient)':
    'stricter: lines end in CRLF',
  'response/invalid.md › Invalid space after start line › Only LFs present (lenient)':
    'stricter: lines end in CRLF',
  'response/lenient-version.md › Invalid HTTP version (lenient)':
    'stricter: a reply begins with HTTP/1.1 or HTTP/1.0',
  'response/pipelining.md › Should parse multiple events':
    'stricter: bytes behind a reply are not the reply to what was not asked yet',
  'response/sample.md › RTSP response': 'stricter: a reply begins with HTTP/1.1 or HTTP/1.0',
  'response/sample.md › ICE response': 'stricter: a reply begins with HTTP/1.1 or HTTP/1.0',
  'response/sample.md › No carriage ret (lenient)': 'stricter: lines end in CRLF',
  'response/sample.md › HTTP version 0.9': 'stricter: a reply begins with HTTP/1.1 or HTTP/1.0',
  'response/sample.md › Response starting with CRLF':
    'stricter: an empty line stands before a status line',
  'response/transfer-encoding.md › `chunked` before other transfer-encoding':
    'stricter: `chunked` is the only coding',
  'response/transfer-encoding.md › multiple transfer-encoding where chunked is not the last one':
    'stricter: one Transfer-Encoding at most',
  'response/transfer-encoding.md › `chunkedchunked` transfer-encoding does not enable chunked enconding':
    'stricter: `chunked` is the only coding',
  'response/transfer-encoding.md › Invalid OBS fold after chunked value':
    'stricter: line folding is refused',
}
