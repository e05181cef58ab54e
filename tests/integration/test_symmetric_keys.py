"""A symmetric key of the stand-in has no public key, as in KMS."""

import pytest
from botocore.exceptions import ClientError

from support.stage import Stage

SIGNED = {"Message": b"a link", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}


def test_the_public_key_of_a_symmetric_key_is_refused(stage: Stage) -> None:
    kms = stage.aws.client("kms")
    with pytest.raises(ClientError) as refused:
        kms.get_public_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    assert refused.value.response["Error"]["Code"] == "UnsupportedOperationException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_each_asymmetric_key_signs_for_itself(stage: Stage) -> None:
    kms = stage.aws.client("kms")
    one, other = (
        kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"] for _ in "12"
    )
    signature = kms.sign(KeyId=one, **SIGNED)["Signature"]
    assert kms.verify(KeyId=one, Signature=signature, **SIGNED)["SignatureValid"]
    assert len({kms.get_public_key(KeyId=key)["PublicKey"] for key in (one, other)}) == 2
