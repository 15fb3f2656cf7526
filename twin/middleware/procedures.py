"""The standard procedure table: which procedure handles which message."""

from twin.middleware.delivery import documents, fallback, redrive
from twin.middleware.dispatch import Procedures
from twin.middleware.intake import baskets, envelopes
from twin.middleware.intake.identity import take_in_order
from twin.middleware.intake.requests import forget_request
from twin.middleware.inventory.gaps import judge_gap, take_snapshot
from twin.middleware.inventory.movements import book_stock_fact
from twin.middleware.inventory.posting import post_due, posting_booked
from twin.middleware.inventory.publication import evaluate_publication, publication_answered
from twin.middleware.inventory.quotas import grant_quotas
from twin.middleware.inventory.reconciliation import begin_reconciliation, take_cut
from twin.middleware.inventory.recount import recount_site
from twin.middleware.inventory.silence import review_site
from twin.middleware.inventory.soft_claims import lapse_claim
from twin.middleware.inventory.supply import announce_supply, pass_gap
from twin.middleware.inventory.unseen import review_feed
from twin.middleware.master_data.feed import change_item, load_batch
from twin.middleware.observability import lineage, traces
from twin.middleware.orders import procedures as orders
from twin.middleware.orders import shipments
from twin.middleware.orders.deadlines import check_deadline
from twin.middleware.orders.owing import copy_credit
from twin.middleware.orders.rerouting import reroute
from twin.middleware.orders.waiting import grant_supply, redeem_pledge
from twin.model import commands


def standard() -> Procedures:
    """Return the table of the right procedures."""
    table = Procedures()
    table.bind(commands.SubmitOrder, take_in_order)
    table.bind(commands.RequestExpired, forget_request)
    table.bind(commands.AmendOrder, orders.amend_order)
    table.bind(commands.ErpConfirmed, orders.move_by_plain_fact)
    table.bind(commands.OrderInvoiced, orders.move_by_plain_fact)
    table.bind(commands.PaymentVoided, orders.move_by_plain_fact)
    table.bind(commands.PaymentRefunded, orders.move_by_plain_fact)
    table.bind(commands.ShipmentConfirmed, orders.move_by_line_fact)
    table.bind(commands.WarehouseShort, orders.move_by_line_fact)
    table.bind(commands.ReleaseCancelled, orders.move_by_line_fact)
    table.bind(commands.ReleaseCancelRefused, orders.move_by_line_fact)
    table.bind(commands.ErpRefused, orders.move_whole)
    table.bind(commands.CancelOrder, orders.move_whole)
    table.bind(commands.HoldPlaced, orders.move_whole)
    table.bind(commands.HoldReleased, orders.move_whole)
    table.bind(commands.HoldExpired, orders.move_whole)
    table.bind(commands.BackorderExpired, orders.move_whole)
    table.bind(commands.PaymentAuthorised, orders.move_whole)
    table.bind(commands.PaymentCaptured, orders.move_whole)
    table.bind(commands.RemainderClosed, orders.move_whole)
    table.bind(commands.PledgeBroken, orders.move_by_line_fact)
    table.bind(commands.UndoFailed, orders.fail_undo)
    table.bind(commands.ReturnRequested, orders.request_return)
    table.bind(commands.ReturnCancelled, orders.move_by_plain_fact)
    table.bind(commands.ReturnExpired, orders.move_by_plain_fact)
    table.bind(commands.ReturnReceived, orders.take_in_return)
    table.bind(commands.ReturnMatched, orders.move_by_plain_fact)
    table.bind(commands.ReturnDisposed, orders.move_by_line_fact)
    table.bind(commands.ShipmentScanned, shipments.record_scan)
    table.bind(commands.ShipmentSilent, shipments.check_silence)
    table.bind(commands.ShipmentUnconfirmed, shipments.check_confirmation)
    table.bind(commands.ShipmentLost, shipments.settle_lost)
    table.bind(commands.DeadlineDue, check_deadline)
    table.bind(commands.RerouteDue, reroute)
    table.bind(commands.CreditCopied, copy_credit)
    table.bind(commands.CloseDue, orders.close_order)
    table.bind(commands.ArchiveDue, orders.archive_order)
    table.bind(commands.SupplyGranted, grant_supply)
    table.bind(commands.ReservationLapsed, lapse_claim)
    table.bind(commands.PledgeDue, redeem_pledge)
    table.bind(commands.StockReceived, book_stock_fact)
    table.bind(commands.StockAdjusted, book_stock_fact)
    table.bind(commands.StockCounted, book_stock_fact)
    table.bind(commands.TransferShipped, book_stock_fact)
    table.bind(commands.StockReblocked, book_stock_fact)
    table.bind(commands.TransferReceived, book_stock_fact)
    table.bind(commands.StreamGapDue, judge_gap)
    table.bind(commands.StockSnapshot, take_snapshot)
    table.bind(commands.BasketFilled, baskets.fill_basket)
    table.bind(commands.CheckoutBegun, baskets.extend_basket)
    table.bind(commands.BasketDue, baskets.lapse_basket)
    table.bind(commands.SupplyAnnounced, announce_supply)
    table.bind(commands.SupplyGapDue, pass_gap)
    table.bind(commands.LineageDue, lineage.check_lineage)
    table.bind(commands.PostingDue, post_due)
    table.bind(commands.PostingBooked, posting_booked)
    table.bind(commands.GrantQuotas, grant_quotas)
    table.bind(commands.ItemChanged, change_item)
    table.bind(commands.MasterBatch, load_batch)
    table.bind(commands.ReconcileDue, begin_reconciliation)
    table.bind(commands.StockCut, take_cut)
    table.bind(commands.EvaluatePublication, evaluate_publication)
    table.bind(commands.PublicationAnswered, publication_answered)
    table.bind(commands.PartnerSilent, fallback.enter)
    table.bind(commands.PartnerBack, fallback.leave)
    table.bind(commands.RecountDue, recount_site)
    table.bind(commands.DocumentDue, documents.hand_over)
    table.bind(commands.FeedReviewDue, review_feed)
    table.bind(commands.RecheckDue, fallback.recheck)
    table.bind(commands.SiteReviewDue, review_site)
    table.bind(commands.MessageCarried, traces.take_up)
    table.bind(commands.WebhookReceived, envelopes.take_in_webhook)
    table.bind(commands.FileReceived, envelopes.take_in_file)
    table.bind(commands.InterchangeReceived, envelopes.take_in_interchange)
    table.bind(commands.GaveUp, redrive.note_failure)
    table.bind_with_table(commands.RedriveLetter, redrive.redrive)
    table.bind(commands.ParkLetter, redrive.park)
    table.bind(commands.CorrectLetter, redrive.correct)
    return table
