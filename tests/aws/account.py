"""Fills a moto server with what the tests of AWS Auth log in as, and has it check signatures from then on.

The one argument is its URL; the keys are printed as JSON.
"""

import json
import sys
import urllib.request

import boto3

url = sys.argv[1]
own = {"endpoint_url": url, "region_name": "us-east-1", "aws_access_key_id": "own", "aws_secret_access_key": "own"}
iam, sts = boto3.client("iam", **own), boto3.client("sts", **own)

iam.create_user(UserName="bob", Path="/team/")
user = iam.create_access_key(UserName="bob")["AccessKey"]
role = iam.create_role(RoleName="App", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
assumed = sts.assume_role(RoleArn=role, RoleSessionName="i-0abc")["Credentials"]
reset = urllib.request.Request(f"{url}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"})
urllib.request.urlopen(reset, timeout=10)


def keys(found):
    return {name[0].lower() + name[1:]: found[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken") if name in found}


print(json.dumps({"user": keys(user), "assumed": keys(assumed)}))
