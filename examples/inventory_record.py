"""What the inventory asks about a model, written where the registry reads it: tags of the version in MLflow."""

from mlflow import MlflowClient

SHARED = {
    "purpose": "Estimate the probability that a credit card customer defaults in the next month.",
    "data_sources": "Default of Credit Card Clients (Yeh, 2016), UCI Machine Learning Repository, CC BY 4.0.",
    "origin": "internal",
    "entity": "northbridge-eu",
    "jurisdictions": "EU",
    "owner": "owen",
    "validator": "vera",
}


def describe(uri: str, **own: str) -> None:
    """Set one ``mrm.*`` tag per field: what the examples share, and what is the model's own."""
    name, version = uri.removeprefix("models:/").split("/")
    client = MlflowClient()
    for key, value in {**SHARED, **own}.items():
        client.set_model_version_tag(name, version, f"mrm.{key}", value)
