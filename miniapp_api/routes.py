"""Every address, with who may call it, on one screen."""

from miniapp_api import (
    addresses,
    approvals,
    bookings,
    box_staff,
    boxes,
    care,
    cases,
    catalog,
    desk,
    finance,
    goodwill,
    inbox,
    payments,
    plans,
    sessions,
    stages,
    stylists,
    waitlist,
    warehouse,
)
from miniapp_api.frame import Route, Who

ANYONE = (Who.ANYONE,)
MEMBER = (Who.MEMBER,)
STYLIST = (Who.STYLIST,)
WAREHOUSE = (Who.WAREHOUSE,)
FINANCE = (Who.FINANCE,)
MONEY = (Who.FINANCE, Who.SERVICE)
BOARD = (Who.WAREHOUSE, Who.STYLIST)
VISITOR = (Who.ANYONE, Who.MEMBER)
DESK = (Who.SERVICE, Who.STYLIST, Who.GUIDE)
CASES = (Who.SERVICE, Who.WAREHOUSE, Who.FINANCE)
ADDRESSES: list[Route] = [
    # Sessions and the member
    Route("POST", "/session", sessions.post_session, ANYONE, 201),
    Route("POST", "/staff/session", sessions.post_staff_session, ANYONE, 201),
    Route("GET", "/me", sessions.get_me, MEMBER),
    Route("PUT", "/me/profile", sessions.put_profile, MEMBER),
    Route("POST", "/me/phone", sessions.post_phone, MEMBER, 201),
    Route("PUT", "/me/consents/{purpose}", sessions.put_consent, MEMBER),
    # Plans and payments
    Route("GET", "/plans", plans.get_plans, ANYONE),
    Route("POST", "/plans/{code}/order", plans.post_order, MEMBER, 201),
    Route("GET", "/me/membership", plans.get_membership, MEMBER),
    Route("POST", "/me/renewal", plans.post_renewal, MEMBER),
    Route("DELETE", "/me/renewal", plans.delete_renewal, MEMBER),
    Route("GET", "/payments/{out_trade_no}", payments.get_payment, MEMBER),
    Route("POST", "/payments/{out_trade_no}/prepare", payments.post_prepare, MEMBER),
    Route("GET", "/staff/refunds", payments.get_refunds, FINANCE),
    Route("POST", "/staff/refunds/{refund_id}/resume", payments.post_resume, FINANCE),
    Route("POST", "/staff/refunds/{refund_id}/by-hand", payments.post_by_hand, FINANCE, 201),
    Route("GET", "/staff/goodwill/preview", goodwill.get_goodwill_preview, MONEY),
    Route("POST", "/staff/goodwill", goodwill.post_goodwill, MONEY, 201),
    Route("GET", "/staff/approvals", approvals.get_approvals, MONEY),
    Route("POST", "/staff/approvals/{approval_id}/approve", approvals.post_approve, FINANCE),
    Route("POST", "/staff/approvals/{approval_id}/refuse", approvals.post_refuse, FINANCE),
    Route("POST", "/me/addresses", addresses.post_address, MEMBER, 201),
    Route("GET", "/me/addresses", addresses.get_addresses, MEMBER),
    Route("DELETE", "/me/addresses/{address_id}", addresses.delete_address, MEMBER),
    # Catalogue
    Route("GET", "/products", catalog.get_products, VISITOR),
    Route("GET", "/products/{product_id}", catalog.get_product, VISITOR),
    Route("GET", "/looks", catalog.get_looks, VISITOR),
    Route("GET", "/looks/{look_id}", catalog.get_look, VISITOR),
    # Bookings
    Route("GET", "/stylists", stylists.get_stylists, MEMBER),
    Route("GET", "/slots", bookings.get_slots, MEMBER),
    Route("POST", "/bookings", bookings.post_booking, MEMBER, 201),
    Route("GET", "/bookings", bookings.get_bookings, MEMBER),
    Route("GET", "/bookings/{booking_id}", bookings.get_booking, MEMBER),
    Route("POST", "/bookings/{booking_id}/move", bookings.post_move, MEMBER),
    Route("GET", "/bookings/{booking_id}/cancel-preview", bookings.get_cancel_preview, MEMBER),
    Route("POST", "/bookings/{booking_id}/cancel", bookings.post_cancel, MEMBER),
    Route("POST", "/bookings/{booking_id}/rating", bookings.post_rating, MEMBER),
    Route("POST", "/bookings/{booking_id}/objection", bookings.post_objection, MEMBER),
    Route("GET", "/bookings/{booking_id}/calendar", bookings.get_calendar, MEMBER),
    Route("POST", "/waitlist", waitlist.post_wait, MEMBER, 201),
    Route("GET", "/waitlist", waitlist.get_waits, MEMBER),
    Route("POST", "/waitlist/{wait_id}/accept", waitlist.post_accept, MEMBER),
    Route("DELETE", "/waitlist/{wait_id}", waitlist.delete_wait, MEMBER),
    # Boxes (member)
    Route("POST", "/boxes", boxes.post_box, MEMBER, 201),
    Route("GET", "/boxes", boxes.get_boxes, MEMBER),
    Route("GET", "/boxes/{box_id}", boxes.get_box, MEMBER),
    Route("PATCH", "/boxes/{box_id}", boxes.patch_box, MEMBER),
    Route("GET", "/boxes/{box_id}/preview", boxes.get_preview, MEMBER),
    Route("POST", "/boxes/{box_id}/confirm", boxes.post_confirm, MEMBER),
    Route("GET", "/boxes/{box_id}/cover", boxes.get_cover, MEMBER),
    Route("POST", "/boxes/{box_id}/cover", boxes.post_cover, MEMBER),
    Route("POST", "/boxes/{box_id}/cancel", boxes.post_cancel, MEMBER),
    Route("POST", "/boxes/{box_id}/decisions", boxes.post_decisions, MEMBER),
    Route("GET", "/boxes/{box_id}/settlement-preview", boxes.get_settlement_preview, MEMBER),
    Route("POST", "/boxes/{box_id}/return", boxes.post_return, MEMBER),
    Route("POST", "/boxes/{box_id}/keep-all", boxes.post_keep_all, MEMBER),
    Route("POST", "/boxes/{box_id}/extend", boxes.post_extend, MEMBER),
    Route("POST", "/boxes/{box_id}/balance", boxes.post_balance, MEMBER),
    Route("GET", "/boxes/{box_id}/items/{item_id}/exchange", boxes.get_exchange, MEMBER),
    Route("POST", "/boxes/{box_id}/items/{item_id}/exchange", boxes.post_exchange, MEMBER, 201),
    Route("GET", "/boxes/{box_id}/items/{item_id}/statutory-return", boxes.get_statutory_return, MEMBER),
    Route("POST", "/boxes/{box_id}/items/{item_id}/statutory-return", boxes.post_statutory_return, MEMBER),
    # Stylists (staff)
    Route("GET", "/staff/day", stylists.get_day, STYLIST),
    Route("GET", "/staff/bookings/{booking_id}/brief", stylists.get_brief, STYLIST),
    Route("PUT", "/staff/bookings/{booking_id}/notes", stylists.put_notes, STYLIST),
    Route("POST", "/staff/bookings/{booking_id}/done", stylists.post_done, STYLIST),
    Route("POST", "/staff/bookings/{booking_id}/no-show", stylists.post_no_show, STYLIST),
    Route("POST", "/staff/bookings/{booking_id}/cancel", stylists.post_cancel, STYLIST),
    Route("POST", "/staff/time-off", stylists.post_time_off, STYLIST, 201),
    Route("DELETE", "/staff/time-off/{change_id}", stylists.delete_time_off, STYLIST),
    Route("POST", "/staff/boxes/{box_id}/proposal", box_staff.post_box_proposal, STYLIST),
    Route("POST", "/staff/bookings/{booking_id}/proposal", box_staff.post_booking_proposal, STYLIST),
    Route("POST", "/staff/boxes/{box_id}/cancel", box_staff.post_staff_cancel, (Who.STYLIST, Who.SERVICE)),
    # Warehouse (staff)
    Route("GET", "/staff/board", warehouse.get_board, BOARD),
    Route("GET", "/staff/boxes/{box_id}", warehouse.get_staff_box, BOARD),
    Route("GET", "/staff/picklist", warehouse.get_picklist, WAREHOUSE),
    Route("POST", "/staff/boxes/{box_id}/ship", warehouse.post_ship, WAREHOUSE),
    Route("POST", "/staff/parcels/receive", warehouse.post_receive, WAREHOUSE),
    Route("POST", "/staff/boxes/{box_id}/grade", warehouse.post_grade, WAREHOUSE),
    Route("POST", "/staff/parcels/{parcel_id}/lost", warehouse.post_lost, WAREHOUSE),
    Route("POST", "/staff/parcels/{parcel_id}/events", warehouse.post_carrier_event, WAREHOUSE),
    # Finance (staff)
    Route("GET", "/staff/ledger/days", finance.get_days, FINANCE),
    Route("GET", "/staff/ledger/check", finance.get_books, FINANCE),
    Route("GET", "/staff/ledger", finance.get_trial_balance, (Who.FINANCE,)),
    Route("GET", "/staff/ledger/boxes/{box_id}", finance.get_box_ledger, (Who.FINANCE,)),
    # The desk (staff)
    Route("GET", "/staff/desk", desk.get_desk, DESK),
    Route("GET", "/staff/desk/{conversation_id}", desk.get_thread, DESK),
    Route("POST", "/staff/desk/{conversation_id}/take", desk.post_take, DESK),
    Route("POST", "/staff/desk/{conversation_id}/reply", desk.post_reply, DESK),
    Route("POST", "/staff/desk/{conversation_id}/hand-back", desk.post_hand_back, DESK),
    # Cases (staff)
    Route("GET", "/staff/cases", cases.get_cases, CASES),
    Route("GET", "/staff/cases/{case_id}", cases.get_case, CASES),
    Route("POST", "/staff/cases/{case_id}/take", cases.post_take, CASES),
    Route("POST", "/staff/cases/{case_id}/notes", cases.post_note, CASES, 201),
    Route("POST", "/staff/cases/{case_id}/close", cases.post_close, CASES),
    # Care and inbox
    Route("GET", "/me/inbox", inbox.get_inbox, MEMBER),
    Route("POST", "/me/inbox/{note_id}/read", inbox.post_read, MEMBER),
    Route("GET", "/me/consents", inbox.get_consents, MEMBER),
    Route("GET", "/staff/care/halt", care.get_halt, (Who.MARKETING,)),
    Route("PUT", "/staff/care/halt", care.put_halt, (Who.MARKETING,)),
    # Life-cycle stages
    Route("GET", "/staff/stages", stages.get_stages, (Who.MARKETING,)),
    Route("GET", "/staff/stages/rules", stages.get_rules, (Who.MARKETING,)),
    Route("POST", "/staff/stages/rules/preview", stages.post_preview, (Who.MARKETING,)),
    Route("PUT", "/staff/stages/rules", stages.put_rules, (Who.MARKETING,)),
    Route("GET", "/staff/members/{member_id}/stages", stages.get_history, (Who.MARKETING,)),
]
