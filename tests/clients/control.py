"""Lets tests in other languages end and start the servers of a cluster, over HTTP on loopback."""

import http.server
import threading


class Control:
    """POST /kill/NODE, POST /start_all, GET /leader"""

    def __init__(self, cluster):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.say(str(cluster.leader() or ""))

            def do_POST(self):
                _, action, *nodes = self.path.split("/")
                {"kill": cluster.kill, "start_all": cluster.start_all}[action](*map(int, nodes))
                self.say("")

            def say(self, text):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
