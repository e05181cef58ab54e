"""A symmetric key of the stand-in signs nothing and has no public key, as in KMS."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.stage import Stage

SIGNED = {"Message": b"a link", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
PRIVATE: dict[str, Callable[[Any, str], object]] = {
    "sign": lambda kms, key: kms.sign(KeyId=key, **SIGNED),
    "verify": lambda kms, key: kms.verify(KeyId=key, Signature=b"none", **SIGNED),
    "its public key": lambda kms, key: kms.get_public_key(KeyId=key),
}


@pytest.mark.parametrize("what", PRIVATE)
def test_what_needs_a_private_key_is_refused(stage: Stage, what: str) -> None:
    kms = stage.aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError) as refused:
        PRIVATE[what](kms, key)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_each_asymmetric_key_signs_for_itself(stage: Stage) -> None:
    kms = stage.aws.client("kms")
    one, other = (
        kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"] for _ in "12"
    )
    signature = kms.sign(KeyId=one, **SIGNED)["Signature"]
    assert kms.verify(KeyId=one, Signature=signature, **SIGNED)["SignatureValid"]
    assert len({kms.get_public_key(KeyId=key)["PublicKey"] for key in (one, other)}) == 2
