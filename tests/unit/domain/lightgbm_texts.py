"""LightGBM's text form, written by hand."""


def lightgbm_text(*trees: str) -> bytes:
    """Return a model of these trees over two columns."""
    head = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\n"
    head += "objective=binary sigmoid:1\nfeature_names=income age\n"
    sections = "".join(f"\nTree={place}\n{tree}\n" for place, tree in enumerate(trees))
    return f"{head}{sections}\nend of trees\n\nparameters:\n[boosting: gbdt]\n".encode()


def tree_text(*, left: tuple[int, ...], right: tuple[int, ...], **more: str) -> str:
    """Return a tree by the children of its inner nodes; a leaf k is written as -k - 1."""
    rows = {
        "num_leaves": str(len(left) + 1),
        "num_cat": "0",
        "left_child": " ".join(map(str, left)),
        "right_child": " ".join(map(str, right)),
        "is_linear": "0",
    }
    return "\n".join(f"{key}={value}" for key, value in (rows | more).items())


def stump() -> str:
    """Return a tree of one split."""
    return tree_text(left=(-1,), right=(-2,))
