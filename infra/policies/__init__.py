"""The rights of a CloudFormation template's roles, told by a simulator of AWS IAM.

Nothing here is deployed and nothing asks AWS: it is for the tests.
"""
