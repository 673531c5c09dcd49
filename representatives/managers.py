"""Managers of people; the tree manager keeps gap labels where django-mptt expects dense ones.

The stock methods fall in three groups: pure range tests are kept; what counts by label
arithmetic, inserts, moves or rebuilds is overridden; what would corrupt the gaps or crawl through
the whole table raises `TreeMisuseError`. The reasons stand in docs/decisions.
"""

from collections.abc import Iterable
from typing import Any, NoReturn, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Exists, OuterRef, Q
from mptt.managers import TreeManager
from mptt.querysets import TreeQuerySet

from representatives import labels, tree
from representatives.errors import TreeMisuseError
from representatives.locks import acquire_tree_lock
from representatives.text import folded

TREE_FIELDS = frozenset({"sponsor", "sponsor_id", "lft", "rght", "tree_id", "level"})
# What `save()` writes of a representative who exists; the rest never changes or is the tree's.
PROFILE_FIELDS = ("user", "name", "sort_key", "email", "phone", "contact_shared_with", "status")


class UserManager(BaseUserManager):
    """Users by e-mail, in lower case."""

    use_in_migrations = True

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the address as the database keeps it: trimmed, in lower case."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> Any:
        """Return the user of an e-mail address, whatever its case."""
        return self.get(email=self.normalize_email(username))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Any:
        """Create a user who can log in; without a password only after a reset."""
        address = self.normalize_email(email)
        if not address:
            raise ValueError("A user needs an e-mail address.")
        user: Any = self.model(email=address, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Any:
        """Create an administrator (`manage.py createsuperuser`)."""
        return self.create_user(
            email, password, **{**fields, "is_staff": True, "is_superuser": True}
        )

    def system(self) -> Any:
        """Return the user that names unattended acts."""
        return self.get(is_system=True)


def _misuse(name: str, instead: str) -> Any:
    """Return a method that refuses the stock call of that name."""

    def refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise TreeMisuseError(f"{name}() does not go with gap labels: {instead}.")

    refuse.__name__ = name
    refuse.__doc__ = f"Refuse: {instead}."
    return refuse


_ONE_RANGE = "select one range per member, or join on lft"
_TERMINATE = "nobody is deleted, use services.terminate_representative"
_SERVICES = "use representatives.services"


class RepresentativeQuerySet(TreeQuerySet):
    """Filters of representatives; no deletes, no bulk writes of tree fields."""

    def visible_to(self, representative: Any) -> Self:
        """Return those whom a representative may reach: self and downline, nobody else.

        The one rule of access; whatever is not in it is answered as if it did not exist. The
        interval is read anew, and the query gives nothing if it has moved since: a stale interval
        can hide people for a moment, but never shows another line.
        """
        viewer = self.model._base_manager.using(self.db).filter(
            pk=getattr(representative, "pk", None)
        )
        interval = viewer.values_list("lft", "rght").first()
        if interval is None:
            return self.none()
        lft, rght = interval
        return self.filter(
            Exists(viewer.filter(lft=lft, rght=rght)),
            tree_id=tree.TREE_ID,
            lft__gte=lft,
            lft__lte=rght,
        )

    def downline_of(self, representative: Any) -> Self:
        """Return the people below a representative."""
        return self.visible_to(representative).exclude(pk=representative.pk)

    def enrolled(self) -> Self:
        """Return those neither suspended nor terminated."""
        return self.filter(status="enrolled")

    def search(self, text: str) -> Self:
        """Return those whose name contains the text or whose code begins with it.

        Case and accents do not matter; an empty text finds everybody.
        """
        key = folded(text)
        if not key:
            return self
        return self.filter(Q(sort_key__contains=key) | Q(code__startswith=text.strip().upper()))

    def update(self, **kwargs: Any) -> int:
        """Update columns that are not the tree's."""
        touched = TREE_FIELDS.intersection(kwargs)
        if touched:
            raise TreeMisuseError(
                f"update() of {', '.join(sorted(touched))} breaks the tree: {_SERVICES}."
            )
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    delete = _misuse("delete", _TERMINATE)
    delete.alters_data = True
    delete.queryset_only = True
    _raw_delete = _misuse("_raw_delete", _TERMINATE)
    _raw_delete.queryset_only = True
    bulk_create = _misuse("bulk_create", "use services.import_representatives")
    get_descendants = _misuse("get_descendants", _ONE_RANGE)
    get_descendants.queryset_only = True
    get_ancestors = _misuse("get_ancestors", _ONE_RANGE)
    get_ancestors.queryset_only = True
    get_cached_trees = _misuse("get_cached_trees", "build a map of children by sponsor_id")


class RepresentativeTreeManager(TreeManager.from_queryset(RepresentativeQuerySet)):  # type: ignore[misc]  # mptt has no types
    """The one referral tree with gap labels, an index over `sponsor`.

    Kept as they are: tree order, root nodes, `add_related_count`, `_mptt_filter`.
    """

    def insert_node(
        self,
        node: Any,
        target: Any,
        position: str = "last-child",
        save: bool = False,
        allow_existing_pk: bool = False,
        refresh_target: bool = True,
    ) -> Any:
        """Label a new member as the last of the target's front line, or as the root.

        :raises TreeLockError: if the tree lock is not held.
        """
        if position != "last-child":
            raise TreeMisuseError(f"insert_node() knows the position last-child, not {position}.")
        using = self._alias()
        labels.require_tree_lock(using=using)
        if node.pk and not allow_existing_pk and self.filter(pk=node.pk).exists():
            raise TreeMisuseError("insert_node() takes a member who is not saved yet.")
        if target is None:
            node.lft, node.rght, node.level = tree.FIRST_LABEL, tree.LAST_LABEL, 0
        else:
            tail = labels.open_tail(target.pk, using=using)
            node.lft = tail.start + tail.step
            node.rght = node.lft + tail.step
            node.level = tail.level
        node.sponsor = target
        node.tree_id = tree.TREE_ID
        if save:
            node.save()
        return node

    def move_node(self, node: Any, target: Any, position: str = "last-child") -> None:
        """Move a member and the downline to the end of the target's front line.

        Takes the tree lock and reads both anew. History is the business of
        `services.change_sponsor`, which alone should lead here.

        :raises UnableTo: if the target is the member or below it.
        """
        if target is None or position != "last-child":
            raise TreeMisuseError("move_node() moves to the end of a sponsor's front line only.")
        using = self._alias()
        acquire_tree_lock(using=using)
        labels.move_subtree(node.pk, sponsor_id=target.pk, using=using)
        node.refresh_from_db(using=using)
        node._mptt_meta.update_mptt_cached_fields(node)

    def rebuild(self, *args: Any, **kwargs: Any) -> None:
        """Relabel the whole tree from `sponsor`, evenly, without recursion."""
        from representatives.checks import rebuild_labels

        if args or kwargs:
            raise TreeMisuseError("rebuild() takes no filters: there is one tree.")
        rebuild_labels(using=self._alias())

    def _alias(self) -> str:
        return self._db or "default"

    def _get_next_tree_id(self) -> int:
        return tree.TREE_ID

    def _post_insert_update_cached_parent_right(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: a sponsor's right label does not move when the front line grows."""

    get_queryset_descendants = _misuse("get_queryset_descendants", _ONE_RANGE)
    get_queryset_ancestors = _misuse("get_queryset_ancestors", _ONE_RANGE)
    _get_queryset_relatives = _misuse("_get_queryset_relatives", _ONE_RANGE)
    disable_mptt_updates = _misuse("disable_mptt_updates", _SERVICES)
    delay_mptt_updates = _misuse("delay_mptt_updates", _SERVICES)
    partial_rebuild = _misuse("partial_rebuild", "rebuild() relabels the one tree")
    build_tree_nodes = _misuse("build_tree_nodes", "use services.import_representatives")
    _mptt_update = _misuse("_mptt_update", _SERVICES)
    _rebuild_helper = _misuse("_rebuild_helper", "it recurses")
    _move_node = _misuse("_move_node", "use services.change_sponsor")
    _close_gap = _misuse("_close_gap", "gaps are kept")
    _create_space = _misuse("_create_space", "gaps are kept")
    _manage_space = _misuse("_manage_space", "gaps are kept")
    _create_tree_space = _misuse("_create_tree_space", "there is one tree")
    _make_child_root_node = _misuse("_make_child_root_node", "there is one root")
    _make_sibling_of_root_node = _misuse("_make_sibling_of_root_node", "there is one root")
    _move_root_node = _misuse("_move_root_node", "the root stays")
    _move_child_node = _misuse("_move_child_node", "use services.change_sponsor")
    _move_child_to_new_tree = _misuse("_move_child_to_new_tree", "there is one tree")
    _move_child_within_tree = _misuse("_move_child_within_tree", "use services.change_sponsor")
    _calculate_inter_tree_move_values = _misuse(
        "_calculate_inter_tree_move_values", "there is one tree"
    )
    _inter_tree_move_and_close_gap = _misuse("_inter_tree_move_and_close_gap", "gaps are kept")


class TreeNode:
    """Instance methods of django-mptt that assume dense labels, made right.

    Kept: ancestors, descendants, family, siblings, children, root and the predicates on them,
    which are pure range tests. Counts never come from labels.
    """

    def get_descendant_count(self) -> int:
        """Return the number of people below, counted."""
        if self._state.adding:  # type: ignore[attr-defined]  # mixed into a model
            return 0
        return self._below().count()

    def is_leaf_node(self) -> bool:
        """Tell whether nobody is in the front line, by `sponsor`."""
        return not self._peers().filter(sponsor_id=self.pk).exists()  # type: ignore[attr-defined]

    def get_leafnodes(self, include_self: bool = False) -> models.QuerySet[Any]:
        """Return the people below who have sponsored nobody, in tree order."""
        if self._state.adding:  # type: ignore[attr-defined]
            raise ValueError("Cannot call get_leafnodes on unsaved representatives.")
        found = self._below(include_self=include_self)
        recruits = self._peers().filter(sponsor_id=OuterRef("pk")).order_by()
        return found.filter(~Exists(recruits))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a new member where the tree lock is held, or the profile of one who exists.

        :raises TreeMisuseError: if the sponsor or another tree field was changed.
        """
        if args:
            raise TreeMisuseError("save() takes keyword arguments only.")
        if not self._state.adding and not kwargs.get("force_insert"):  # type: ignore[attr-defined]
            self._check_profile_only(kwargs)
        super().save(**kwargs)  # type: ignore[misc]

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: nobody is deleted."""
        raise TreeMisuseError(f"delete() does not go with the tree: {_TERMINATE}.")

    def _check_profile_only(self, kwargs: dict[str, Any]) -> None:
        cached = self._mptt_cached_fields  # type: ignore[attr-defined]
        known = cached.get("sponsor")
        sponsor_loaded = "sponsor_id" in self.__dict__ and isinstance(known, int | None)
        if sponsor_loaded and known != self.sponsor_id:  # type: ignore[attr-defined]
            raise TreeMisuseError(
                "save() with another sponsor breaks the tree: use change_sponsor."
            )
        wanted = kwargs.get("update_fields")
        if wanted is None:
            deferred = self.get_deferred_fields()  # type: ignore[attr-defined]
            kwargs["update_fields"] = _loaded(PROFILE_FIELDS, deferred)
            return
        touched = TREE_FIELDS.intersection(wanted)
        if touched:
            raise TreeMisuseError(
                f"save() of {', '.join(sorted(touched))} breaks the tree: {_SERVICES}."
            )

    def _peers(self) -> models.QuerySet[Any]:
        return type(self)._tree_manager.using(self._state.db)  # type: ignore[attr-defined]

    def _below(self, *, include_self: bool = False) -> models.QuerySet[Any]:
        low = self.lft if include_self else self.lft + 1  # type: ignore[attr-defined]
        return self._peers().filter(
            tree_id=self.tree_id,  # type: ignore[attr-defined]
            lft__gte=low,
            lft__lte=self.rght,  # type: ignore[attr-defined]
        )


def _loaded(fields: Iterable[str], deferred: set[str]) -> list[str]:
    return [name for name in fields if name not in deferred and f"{name}_id" not in deferred]
