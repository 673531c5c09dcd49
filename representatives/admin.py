"""Staff's view of people. Whatever the services write is read-only here; nobody is deleted."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm, UserChangeForm
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from representatives import log_ins, services
from representatives.admin_looks import MemberLookAdmin
from representatives.admin_outbox import AlertAdmin, OutboxEventAdmin
from representatives.admin_placement import PlacementAdmin
from representatives.admin_tables import ReadOnlyAdmin
from representatives.errors import UnableTo
from representatives.models import (
    Company,
    Invitation,
    Representative,
    SponsorChange,
    StatusChange,
    User,
)

__all__ = [
    "AlertAdmin",
    "MemberLookAdmin",
    "OutboxEventAdmin",
    "PlacementAdmin",
    "ReadOnlyAdmin",
]


class UserCreationForm(BaseUserCreationForm):
    """Staff log-ins; representatives get theirs by enrolment."""

    class Meta:
        model = User
        fields = ("email",)
        field_classes: dict[str, Any] = {}

    def clean_email(self) -> str:
        """Keep the address in the one form the database accepts."""
        address: str = User.objects.normalize_email(self.cleaned_data["email"])
        return address


class UserEditForm(UserChangeForm):
    """A log-in as staff may change it."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, Any] = {}

    def clean_email(self) -> str:
        """Keep the address in the one form the database accepts."""
        address: str = User.objects.normalize_email(self.cleaned_data["email"])
        return address


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Log-ins. Only a superuser makes staff or touches a superuser."""

    form = UserEditForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    ordering = ("email",)
    list_display = (
        *("email", "representative_link", "is_staff", "is_active", "second_factor"),
        "last_login",
    )
    list_filter = ("is_staff", "is_superuser", "is_active")
    list_select_related = ("representative",)
    search_fields = ("email", "representative__name", "representative__code")
    filter_horizontal = ("groups", "user_permissions")
    readonly_fields = ("last_login", "date_joined", "is_system")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (
            _("Access"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Record"), {"fields": ("last_login", "date_joined", "is_system")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)
    show_full_result_count = False
    actions = ("remove_second_factors",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        # Recovery codes come and go with the others.
        factors = Authenticator.objects.filter(user=OuterRef("pk"))
        return super().get_queryset(request).annotate(has_second_factor=Exists(factors))

    @admin.display(description=_("Two factors"), boolean=True)
    def second_factor(self, user: User) -> bool:
        return bool(user.has_second_factor)  # type: ignore[attr-defined]  # as annotated

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            log_ins.follow_new_address(user=obj, old=form.initial["email"])
        if change and {"is_staff", "is_superuser"} & set(form.changed_data):
            # Who may do more logs in anew, and shows a second factor where staff need one.
            own = request.session.session_key if obj.pk == request.user.pk else None
            log_ins.end_sessions(user=obj, but=own)

    def has_remove_second_factors_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mfa.delete_authenticator")

    @admin.action(
        description=_("Remove the second factors, for who has lost them"),
        permissions=["remove_second_factors"],
    )
    def remove_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            if not self.has_change_permission(request, user):
                continue
            try:
                log_ins.remove_second_factors(user=user, by=request.user)  # type: ignore[arg-type]  # staff
            except UnableTo as refusal:
                messages.error(request, f"{user}: {refusal.message}")
            else:
                self.log_change(request, user, "Removed the second factors.")
                text = _("The second factors of %(user)s are removed.")
                messages.success(request, text % {"user": user})

    @admin.display(description=_("Representative"))
    def representative_link(self, user: User) -> SafeString | str:
        member = getattr(user, "representative", None)
        return _staff_link(member) if member else "-"

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(self.readonly_fields)
        if not request.user.is_superuser:
            fields += ("is_staff", "is_superuser", "groups", "user_permissions")
        return fields

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_system:
            return False
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(Company)
class CompanyAdmin(admin.ModelAdmin):
    """The one company."""

    list_display = ("name", "time_zone", "currency", "clock_frozen_at")
    fieldsets = (
        (None, {"fields": ("name", "representative_label")}),
        (_("Rules"), {"fields": ("time_zone", "currency", "add_on_days")}),
        (
            _("Customers"),
            {"fields": ("new_for_days", "past_after_days", "unused_contact_months")},
        ),
        (_("Clock (demo and tests only)"), {"fields": ("clock_offset", "clock_frozen_at")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Company | None = None) -> bool:
        return False


def _staff_link(member: Representative) -> SafeString:
    url = reverse("representatives:staff_person", args=[member.code])
    return format_html('<a href="{}">{}</a>', url, f"{member.name} ({member.code})")


class ProfileForm(ModelForm):
    """Name and contact, checked as the service checks them."""

    def clean(self) -> dict[str, Any]:
        """Refuse what `services.update_profile` would refuse."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                services.clean_contact(**{one: cleaned[one] for one in ("name", "email", "phone")})
            except UnableTo as refusal:
                self.add_error(refusal.field, refusal.message)
        return cleaned


@admin.register(Representative)
class RepresentativeAdmin(admin.ModelAdmin):
    """Members. Name and contact go through the service; all else has its page for staff."""

    form = ProfileForm
    list_display = ("name", "code", "sponsor", "status", "level", "enrolled_on")
    list_filter = ("status",)
    list_select_related = ("sponsor",)
    search_fields = ("code__startswith", "sort_key__contains", "email__startswith")
    search_help_text = _("Beginning of a code or e-mail, or part of a name (without accents)")
    ordering = ("sort_key", "id")
    list_per_page = 50
    show_full_result_count = False
    fields = (
        *("staff_page", "code", "name", "email", "phone", "user", "sponsor", "status"),
        *("enrolled_on", "created_at", "level", "lft", "rght"),
    )
    readonly_fields = (
        *("staff_page", "code", "user", "sponsor", "status", "enrolled_on", "created_at"),
        *("level", "lft", "rght"),
    )

    @admin.display(description=_("Sponsor, status, history"))
    def staff_page(self, member: Representative) -> SafeString:
        return _staff_link(member)

    def save_model(
        self, request: HttpRequest, obj: Representative, form: ModelForm, change: bool
    ) -> None:
        services.update_profile(representative=obj, name=obj.name, email=obj.email, phone=obj.phone)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Representative | None = None
    ) -> bool:
        return False


@admin.register(SponsorChange)
class SponsorChangeAdmin(ReadOnlyAdmin):
    """History of sponsors; decided on the page of a person."""

    list_display = (
        *("representative", "old_sponsor", "new_sponsor", "effective_at"),
        *("applied_at", "cancelled_at", "decided_by"),
    )
    list_select_related = ("representative", "old_sponsor", "new_sponsor", "decided_by")
    search_fields = ("representative__code", "representative__sort_key")
    date_hierarchy = "effective_at"
    ordering = ("-effective_at", "-id")


@admin.register(StatusChange)
class StatusChangeAdmin(ReadOnlyAdmin):
    """History of membership status; decided on the page of a person."""

    list_display = ("representative", "old_status", "new_status", "effective_at", "decided_by")
    list_filter = ("new_status",)
    list_select_related = ("representative", "decided_by")
    search_fields = ("representative__code", "representative__sort_key")
    date_hierarchy = "effective_at"
    ordering = ("-effective_at", "-id")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations sent by representatives."""

    list_display = ("email", "name", "sponsor", "created_at", "expires_at", "accepted_at")
    list_select_related = ("sponsor",)
    search_fields = ("email", "sponsor__code", "sponsor__sort_key")
    ordering = ("-created_at", "-id")
    exclude = unseen = ("token_digest",)
