"""Signs GetCallerIdentity with botocore and prints what AWS Auth takes as JSON. The tests of AWS Auth run it.

It reads a JSON object from standard input: accessKeyId, secretAccessKey, sessionToken?, region, host?, body?, method?,
headers? (further ones to sign), at? (the time to sign for, seconds since 1970).
"""

import base64
import datetime
import json
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

wanted = json.load(sys.stdin)
region = wanted.get("region", "us-east-1")
host = wanted.get("host", f"sts.{region}.amazonaws.com")
body = wanted.get("body", "Action=GetCallerIdentity&Version=2011-06-15")
method = wanted.get("method", "POST")
headers = {"Host": host, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
headers.update(wanted.get("headers", {}))

if "at" in wanted:
    at = datetime.datetime.fromtimestamp(wanted["at"], datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda *args, **kwargs: at.replace(tzinfo=None)

url = f"https://{host}/"
if method == "GET":
    request = AWSRequest(method, f"{url}?{body}", headers=headers)
    body = ""
else:
    request = AWSRequest(method, url, data=body, headers=headers)
credentials = Credentials(wanted["accessKeyId"], wanted["secretAccessKey"], wanted.get("sessionToken"))
botocore.auth.SigV4Auth(credentials, "sts", region).add_auth(request)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


print(
    json.dumps(
        {
            "iamHttpRequestMethod": method,
            "iamRequestBody": encoded(body),
            "iamRequestHeaders": encoded(json.dumps(dict(request.headers))),
        }
    )
)
