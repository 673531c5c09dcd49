"""Contacts: lists, import, merge, export, erasure."""

from django.urls import URLPattern, path

from sales.contacts import views, views_files, views_person, views_twins

urlpatterns: list[URLPattern] = [
    path("customers/all/", views.people_list, name="customers_all"),
    path("customers/new/", views.person_new, name="customer_new"),
    path("customers/names/", views.names, name="customer_names"),
    path("customers/filters/", views.filter_save, name="contact_filters"),
    path(
        "customers/filters/<int:filter_id>/remove/",
        views.filter_remove,
        name="contact_filter_remove",
    ),
    path("customers/duplicates/", views_twins.duplicates, name="customer_duplicates"),
    path("customers/import/", views_files.file_new, name="contact_files"),
    path("customers/import/<int:file_id>/", views_files.file, name="contact_file"),
    path("customers/export/contacts.csv", views_files.as_csv, name="contacts_csv"),
    path("customers/export/contacts.vcf", views_files.as_vcards, name="contacts_vcf"),
    path("customers/<int:customer_id>/edit/", views.person_edit, name="customer_edit"),
    path("customers/<int:customer_id>/data/", views_person.person_data, name="customer_data"),
    path(
        "customers/<int:customer_id>/data/all.json", views_person.person_file, name="customer_file"
    ),
    path("customers/<int:customer_id>/data/told/", views_person.notice_given, name="customer_told"),
    path(
        "customers/<int:customer_id>/data/consent/",
        views_person.consent_given,
        name="customer_consent",
    ),
    path(
        "customers/<int:customer_id>/data/consent/<slug:kind>/withdraw/",
        views_person.consent_withdrawn,
        name="customer_consent_withdraw",
    ),
    path(
        "customers/<int:customer_id>/data/contact/",
        views_person.contact_wish,
        name="customer_contact_wish",
    ),
    path("customers/<int:customer_id>/keep/", views_person.keep, name="customer_keep"),
    path("customers/<int:customer_id>/needs/", views_person.needs, name="customer_needs"),
    path(
        "customers/<int:customer_id>/needs/<int:need_id>/remove/",
        views_person.need_remove,
        name="customer_need_remove",
    ),
    path(
        "customers/<int:customer_id>/talks/<int:talk_id>/remove/",
        views_person.talk_remove,
        name="customer_talk_remove",
    ),
    path("customers/<int:customer_id>/merge/", views_twins.merge, name="customer_merge"),
    path("customers/<int:customer_id>/erase/", views_person.erase, name="customer_erase"),
]
