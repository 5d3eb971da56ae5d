package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-pay/gopay"
	"github.com/go-pay/gopay/wechat/v3"

	"changliao.test/drivers/lines"
)

func (shop *Shop) orders() map[string]lines.Call {
	sdk := shop.client
	complained := lines.Fields{"complainted_mchid": shop.settings["mchid"]}
	return map[string]lines.Call{
		"place":    shop.place,
		"query":    shop.query,
		"close":    only(sdk.V3TransactionCloseOrder, "out_trade_no"),
		"refund":   call(sdk.V3Refund, shop.own("notify_url")),
		"callback": shop.callback,
		"partner":  shop.partner,
		"query_refund": func(given lines.Fields) (lines.Fields, error) {
			return answered(sdk.V3RefundQuery(ctx, lines.Take(given, "out_refund_no"), nil))
		},
		"trade_bill":    call(sdk.V3BillTradeBill, nil),
		"fundflow_bill": call(sdk.V3BillFundFlowBill, nil),
		"download_bill": shop.bill,
		"combine_pay": call(sdk.V3CombineTransactionNative, lines.Fields{
			"combine_appid": shop.settings["appid"], "combine_mchid": shop.settings["mchid"],
		}),
		"fund_balance":            only(sdk.V3MerchantBalance, "account_type"),
		"complaint_list_query":    call(sdk.V3ComplaintList, nil),
		"complaint_detail_query":  only(sdk.V3ComplaintDetail, "complaint_id"),
		"complaint_history_query": named(sdk.V3ComplaintNegotiationHistory, "complaint_id", nil),
		"complaint_response":      named(sdk.V3ComplaintResponse, "complaint_id", complained),
		"complaint_complete":      named(sdk.V3ComplaintComplete, "complaint_id", complained),
		"ecommerce_share": call(
			sdk.V3EcommerceProfitShare, lines.Fields{"appid": shop.settings["appid"]},
		),
		"ecommerce_share_query": call(sdk.V3EcommerceProfitShareQuery, nil),
		"ecommerce_finish":      call(sdk.V3EcommerceProfitShareFinish, nil),
		"ecommerce_refund": call(
			sdk.V3EcommerceRefund, lines.Fields{"sp_appid": shop.settings["appid"]},
		),
		"ecommerce_refund_query": named(sdk.V3EcommerceRefundQueryByNo, "out_refund_no", nil),
		"combine_query":          only(sdk.V3CombineQueryOrder, "combine_out_trade_no"),
		"combine_close": named(
			sdk.V3CombineCloseOrder, "combine_out_trade_no",
			lines.Fields{"combine_appid": shop.settings["appid"]},
		),
		"image_upload": shop.upload,
		"applyment_submit": func(given lines.Fields) (lines.Fields, error) {
			shop.seal(given, "contact_name", "id_card_name", "account_name", "account_number")
			return answered(sdk.V3Apply4SubSubmit(ctx, gopay.BodyMap(given)))
		},
		"applyment_query": func(given lines.Fields) (lines.Fields, error) {
			if given["business_code"] != nil {
				return only(sdk.V3Apply4SubQueryByBusinessCode, "business_code")(given)
			}
			return only(sdk.V3Apply4SubQueryByApplyId, "applyment_id")(given)
		},
	}
}

func (shop *Shop) money() map[string]lines.Call {
	sdk, appid := shop.client, shop.own("appid")
	detailed, plain := lines.Fields{"need_query_detail": true}, lines.Fields{"need_query_detail": false}
	return map[string]lines.Call{
		"profitsharing_add_receiver": func(given lines.Fields) (lines.Fields, error) {
			shop.seal(given, "name")
			return kinded(call(sdk.V3ProfitShareAddReceiver, appid))(given)
		},
		"profitsharing_delete_receiver": kinded(call(sdk.V3ProfitShareDeleteReceiver, appid)),
		"profitsharing_order":           call(sdk.V3ProfitShareOrder, appid),
		"profitsharing_order_query":     named(sdk.V3ProfitShareOrderQuery, "out_order_no", nil),
		"profitsharing_unfreeze":        call(sdk.V3ProfitShareOrderUnfreeze, nil),
		"profitsharing_return":          call(sdk.V3ProfitShareReturn, nil),
		"profitsharing_return_query":    named(sdk.V3ProfitShareReturnResult, "out_return_no", nil),
		"profitsharing_amount_query":    only(sdk.V3ProfitShareUnsplitAmount, "transaction_id"),
		"profitsharing_bill":            call(sdk.V3ProfitShareBills, nil),
		"profitsharing_config_query":    only(sdk.V3ProfitShareMerchantConfigs, "sub_mchid"),
		"transfer_batch":                call(sdk.V3Transfer, appid),
		"transfer_query_out_batch_no":   named(sdk.V3TransferMerchantQuery, "out_batch_no", detailed),
		"transfer_query_batchid":        named(sdk.V3TransferQuery, "batch_id", plain),
		"transfer_query_out_detail_no":  pair(sdk.V3TransferMerchantDetail, "out_batch_no", "out_detail_no"),
		"transfer_query_detail_id":      pair(sdk.V3TransferDetail, "batch_id", "detail_id"),
		"mch_transfer_bills": func(given lines.Fields) (lines.Fields, error) {
			shop.seal(given, "user_name")
			return call(sdk.V3TransferBills, appid)(given)
		},
		"mch_transfer_bills_query": func(given lines.Fields) (lines.Fields, error) {
			if given["out_bill_no"] != nil {
				return only(sdk.V3TransferBillsMerchantQuery, "out_bill_no")(given)
			}
			return only(sdk.V3TransferBillsQuery, "transfer_bill_no")(given)
		},
		"mch_transfer_bills_cancel": only(sdk.V3TransferBillsCancel, "out_bill_no"),
		"mch_transfer_elecsign": func(given lines.Fields) (lines.Fields, error) {
			if given["out_bill_no"] != nil {
				return call(sdk.V3TransferElecsignMerchant, nil)(given)
			}
			return call(sdk.V3TransferElecsign, nil)(given)
		},
		"mch_transfer_elecsign_query": func(given lines.Fields) (lines.Fields, error) {
			if given["out_bill_no"] != nil {
				return only(sdk.V3TransferElecsignMerchantQuery, "out_bill_no")(given)
			}
			return only(sdk.V3TransferElecsignQuery, "transfer_bill_no")(given)
		},
		"batch_receipt":        only(sdk.V3TransferReceipt, "out_batch_no"),
		"batch_receipt_query":  only(sdk.V3TransferReceiptQuery, "out_batch_no"),
		"detail_receipt":       call(sdk.V3TransferDetailReceipt, nil),
		"detail_receipt_query": call(sdk.V3TransferDetailReceiptQuery, nil),
	}
}

// A call that takes two names.
func pair[R any](
	send func(context.Context, string, string) (R, error), first, second string,
) lines.Call {
	return func(given lines.Fields) (lines.Fields, error) {
		return answered(send(ctx, lines.Take(given, first), lines.Take(given, second)))
	}
}

// A receiver's kind is `type` on the wire.
func kinded(call lines.Call) lines.Call {
	return func(given lines.Fields) (lines.Fields, error) {
		given["type"] = lines.Take(given, "account_type")
		return call(given)
	}
}

func (shop *Shop) place(given lines.Fields) (lines.Fields, error) {
	sdk, scene := shop.client, lines.Take(given, "scene")
	body := gopay.BodyMap(lines.Joined(shop.own("mchid", "appid", "notify_url"), given))
	switch scene {
	case "native":
		return answered(sdk.V3TransactionNative(ctx, body))
	case "h5":
		return answered(sdk.V3TransactionH5(ctx, body))
	case "jsapi":
		made, err := sdk.V3TransactionJsapi(ctx, body)
		answer, err := answered(made, err)
		if err == nil {
			answer["invoke"], err = sdk.PaySignOfJSAPI(shop.settings["appid"], made.Response.PrepayId)
		}
		return answer, err
	}
	made, err := sdk.V3TransactionApp(ctx, body)
	answer, err := answered(made, err)
	if err == nil {
		answer["invoke"], err = sdk.PaySignOfApp(shop.settings["appid"], made.Response.PrepayId)
	}
	return answer, err
}

func (shop *Shop) query(given lines.Fields) (lines.Fields, error) {
	if given["transaction_id"] != nil {
		number := lines.Take(given, "transaction_id")
		return answered(shop.client.V3TransactionQueryOrder(ctx, wechat.TransactionId, number))
	}
	number := lines.Take(given, "out_trade_no")
	return answered(shop.client.V3TransactionQueryOrder(ctx, wechat.OutTradeNo, number))
}

func (shop *Shop) partner(given lines.Fields) (lines.Fields, error) {
	sdk := shop.client
	always := lines.Fields{"sp_mchid": shop.settings["mchid"]}
	switch lines.Take(given, "call") {
	case "pay":
		always["sp_appid"], always["notify_url"] = shop.settings["appid"], shop.settings["notify_url"]
		return call(sdk.V3PartnerTransactionNative, always)(given)
	case "query":
		number := lines.Take(given, "out_trade_no")
		body := gopay.BodyMap(given)
		return answered(sdk.V3PartnerQueryOrder(ctx, wechat.OutTradeNo, number, body))
	case "close":
		return named(sdk.V3PartnerCloseOrder, "out_trade_no", always)(given)
	}
	return call(sdk.V3Refund, nil)(given)
}

func (shop *Shop) upload(given lines.Fields) (lines.Fields, error) {
	path := lines.Take(given, "filepath")
	content, err := os.ReadFile(path)
	lines.Must(err)
	digest := sha256.Sum256(content)
	name := filepath.Base(path)
	file := &gopay.File{Name: name, Content: content}
	return answered(shop.client.V3MediaUploadImage(ctx, name, hex.EncodeToString(digest[:]), file))
}

func (shop *Shop) bill(given lines.Fields) (lines.Fields, error) {
	content, err := shop.client.V3BillDownLoadBill(ctx, lines.Take(given, "url"))
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		reader, err := gzip.NewReader(bytes.NewReader(content))
		lines.Must(err)
		content, err = io.ReadAll(reader)
		lines.Must(err)
	}
	body := strings.TrimPrefix(string(content), "\ufeff")
	return lines.Fields{"status": 200, "body": body}, nil
}

func (shop *Shop) seal(fields map[string]any, names ...string) {
	for key, value := range fields {
		if inner, nested := value.(map[string]any); nested {
			shop.seal(inner, names...)
		}
		for _, name := range names {
			if key == name {
				sealed, err := shop.client.V3EncryptText(value.(string))
				lines.Must(err)
				fields[key] = sealed
			}
		}
	}
}
