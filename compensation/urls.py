"""Pages that show points or money."""

from django.urls import path

from compensation import (
    views,
    views_bank,
    views_care,
    views_disputes,
    views_downline,
    views_earnings,
    views_explain,
    views_paper,
    views_payouts,
    views_plan,
    views_planner,
    views_what_if,
)

app_name = "compensation"

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("plan/", views_plan.plan, name="plan"),
    path("rank/", views_explain.rank, name="rank"),
    path("rank/planner/", views_planner.planner, name="planner"),
    path("rank/way/", views_explain.shortest_way, name="shortest_way"),
    path("points/<str:reference>/", views_explain.points_of_order, name="order_points"),
    path("today/people/", views_care.today_people, name="today_people"),
    path("today/people/plan/", views_care.plan_talk, name="plan_talk"),
    path("downline/", views_downline.downline, name="downline"),
    path("downline/levels/", views_downline.levels, name="downline_levels"),
    path("downline/chart/", views_downline.chart, name="downline_chart"),
    path("downline/downline.csv", views_downline.sheet, name="downline_sheet"),
    path("downline/<str:code>/", views_downline.member, name="downline_member"),
    path("downline/<str:code>/people/", views_downline.people, name="downline_people"),
    path("earnings/", views_earnings.statements, name="earnings"),
    path("earnings/<str:label>/", views_earnings.statement, name="statement"),
    path("earnings/<str:label>/sales/", views_earnings.sales_below, name="sales_below"),
    *(
        path(
            f"earnings/<str:label>/statement.{form}",
            views_paper.own_paper,
            {"form": form},
            name=f"statement_{form}",
        )
        for form in views_paper.FORMS
    ),
    path("earnings/<str:label>/<str:key>/dispute/", views_disputes.dispute_line, name="dispute"),
    path("earnings/<str:label>/<str:key>/", views_earnings.line, name="statement_line"),
    path(
        "earnings/<str:label>/<str:key>/<str:code>/",
        views_earnings.line_orders,
        name="statement_line_orders",
    ),
    path("rsp/", views_bank.rsp_bank, name="rsp"),
    path("rsp/confirm/", views_bank.rsp_confirm, name="rsp_confirm"),
    path("rsp/conversions/<str:token>/", views_bank.rsp_done, name="rsp_done"),
    path("payouts/", views_payouts.payouts, name="payouts"),
    path("payouts/bank/", views_payouts.bank_account, name="bank_account"),
    path("payouts/papers/<str:what>/", views_payouts.submit_papers, name="submit_papers"),
    path("disputes/", views_disputes.disputes, name="disputes"),
    path("disputes/<int:dispute_id>/", views_disputes.own_dispute, name="own_dispute"),
    path("staff/statements/<str:code>/", views_paper.staff_papers, name="staff_statements"),
    *(
        path(
            f"staff/statements/<str:label>/<str:code>/statement.{form}",
            views_paper.staff_paper,
            {"form": form},
            name=f"staff_statement_{form}",
        )
        for form in views_paper.FORMS
    ),
    path("staff/what-if/order/", views_what_if.what_if_order, name="what_if_order"),
    path("staff/what-if/sponsor/", views_what_if.what_if_sponsor, name="what_if_sponsor"),
    path("staff/what-if/plan/", views_what_if.what_if_plan, name="what_if_plan"),
]
