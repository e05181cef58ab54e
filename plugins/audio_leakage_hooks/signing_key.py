"""The key that signs the chain of evidence."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

from audio_leakage_aws.errors import domain_errors, member
from audio_leakage_hooks.retrying_hook import RetryingHook

_ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"


class SigningKeyHook(RetryingHook, AwsGenericHook[Any]):
    """Sign with AWS KMS. The private half of the key never leaves KMS.

    The role needs ``kms:Sign`` and ``kms:GetPublicKey`` on the key.

    Additional arguments (such as ``aws_conn_id``) may be specified and are passed down to the underlying
    AwsBaseHook. Every method raises the domain's ``SetupError`` and ``ServiceUnavailable``.

    .. seealso::
        - :class:`airflow.providers.amazon.aws.hooks.base_aws.AwsBaseHook`
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "kms"
        super().__init__(*args, **kwargs)

    def sign(self, key_arn: str, message: bytes) -> bytes:
        """Return the signature over a message of at most 4096 bytes.

        KMS hashes the message itself (``MessageType=RAW``), so ``openssl dgst -sha256`` verifies the result.

        .. seealso::
            - :external+boto3:py:meth:`KMS.Client.sign`
        """
        with domain_errors("kms:Sign", f"key '{key_arn}'", "evidence_key_arn"):
            answer = self.conn.sign(
                KeyId=key_arn, Message=message, MessageType="RAW", SigningAlgorithm=_ALGORITHM
            )
            return bytes(member(answer, "Signature"))

    def public_key(self, key_arn: str) -> bytes:
        """Return the public half of the key, a SubjectPublicKeyInfo in DER.

        .. seealso::
            - :external+boto3:py:meth:`KMS.Client.get_public_key`
        """
        with domain_errors("kms:GetPublicKey", f"key '{key_arn}'", "evidence_key_arn"):
            return bytes(member(self.conn.get_public_key(KeyId=key_arn), "PublicKey"))
