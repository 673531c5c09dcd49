"""What the application role may do with the tables of this app (table → privileges).

Facts are never deleted and, once they count, never changed: the application role has no DELETE
here and may update only the columns which a service moves forward. The guards of migration 0002
hold against the owner as well.
"""

GRANTS: dict[str, str] = {
    "sales_product": "SELECT, INSERT, UPDATE",
    # A companion link is a hint for selling, not a fact: it may be taken away again.
    "sales_product_companions": "SELECT, INSERT, DELETE",
    # People are removed by erasure alone, and that without orders; guards of 0011 hold it.
    "sales_customer": "SELECT, INSERT, UPDATE, DELETE",
    "sales_customertransfer": "SELECT, INSERT, UPDATE (old_reference)",
    "sales_need": "SELECT, INSERT, UPDATE, DELETE",
    "sales_need_products": "SELECT, INSERT, DELETE",
    "sales_talk": "SELECT, INSERT, UPDATE, DELETE",
    "sales_consent": "SELECT, INSERT, UPDATE (customer_id, withdrawn_at), DELETE",
    "sales_savedfilter": "SELECT, INSERT, UPDATE, DELETE",
    "sales_knownapart": "SELECT, INSERT, DELETE",
    "sales_contactfile": "SELECT, INSERT, DELETE",
    # Its customer changes where two are merged, never otherwise (guards of 0011).
    "sales_order": "SELECT, INSERT, UPDATE (customer_id, status, paid_at, counted_at, rsp_repeat)",
    "sales_orderline": "SELECT, INSERT, UPDATE (line_class, within_add_on_days)",
    "sales_payment": "SELECT, INSERT",
    "sales_return": (
        "SELECT, INSERT, UPDATE (status, quantity, gross_minor, tax_minor, bv, rsp, "
        "margin_minor, returned_at, counted_at, decided_by_id, decided_at, decision)"
    ),
    "sales_importbatch": "SELECT, INSERT, UPDATE",
    # Guides: what was shared stays told, but goes with the data of an erased customer.
    "sales_guide": "SELECT, INSERT, UPDATE (slug, audience, published_at, edited_by_id, edited_at)",
    "sales_guide_products": "SELECT, INSERT, DELETE",
    "sales_guidetext": "SELECT, INSERT, UPDATE",
    "sales_readinglist": (
        "SELECT, INSERT, UPDATE (title_en, title_pl, first_days, position, is_active)"
    ),
    "sales_readinglistentry": "SELECT, INSERT, UPDATE, DELETE",
    "sales_guidereading": "SELECT, INSERT, DELETE",
    "sales_guideshare": (
        "SELECT, INSERT, UPDATE (customer_id, withdrawn_at, consent, consent_at, opened_at), DELETE"
    ),
    # What is derived from orders may go and be made anew.
    "sales_forecast": "SELECT, INSERT, UPDATE, DELETE",
    "sales_customerpulse": "SELECT, INSERT, UPDATE, DELETE",
    "sales_forecastmodel": "SELECT, INSERT, DELETE",
    # Links end and are never deleted; what was tried with them in vain stays as it was logged.
    "sales_referrallink": "SELECT, INSERT, UPDATE (customer_id, closed_at)",
    "sales_referralday": "SELECT, INSERT, UPDATE (visits)",
    "sales_arrival": "SELECT, INSERT, UPDATE (customer_id, invitation_id, member_id, replaced_at)",
    "sales_referralevent": "SELECT, INSERT",
    "sales_referralthanks": "SELECT, INSERT, UPDATE (referrer_id, thanked_at)",
    # Of an erased person nothing is left, notes least of all.
    "sales_followup": (
        "SELECT, INSERT, UPDATE (due_on, text, state, result, note, closing_order_id, closed_at),"
        " DELETE"
    ),
    "sales_careplan": "SELECT, INSERT, UPDATE, DELETE",
    "sales_carestep": "SELECT, INSERT, UPDATE, DELETE",
    "sales_messagetemplate": "SELECT, INSERT, UPDATE, DELETE",
    "sales_calendarfeed": (
        "SELECT, INSERT, UPDATE (seed, token_digest, shows_names, made_at), DELETE"
    ),
    # Figures of a month are derived from orders; a month is taken out and written anew.
    "sales_monthfigures": "SELECT, INSERT, DELETE",
    # What goes with what is derived as well; a decision is only taken back, or goes with a person.
    "sales_productpair": "SELECT, INSERT, UPDATE, DELETE",
    "sales_addon": "SELECT, INSERT, UPDATE, DELETE",
    "sales_addonlearning": "SELECT, INSERT, DELETE",
    "sales_suggestiondecision": (
        "SELECT, INSERT, UPDATE (customer_id, note, withdrawn_at), DELETE"
    ),
    "sales_workday": "SELECT, INSERT, UPDATE (jobs)",
}
