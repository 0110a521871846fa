"""Open DART as a client meets it: HTTP 200 always, the status in the body; a ZIP, or XML in its place on an error."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from tests.filings.stand_ins.server import Answer, Request, StandIn, serving

KEY = "0123456789abcdef0123456789abcdef01234567"
SAMSUNG = "00126380"
MESSAGES = {
    "000": "정상",
    "010": "등록되지 않은 인증키입니다.",
    "013": "조회된 데이타가 없습니다.",
    "020": "요청 제한을 초과하였습니다.",
    "100": "필드의 부적절한 값입니다.",
    "800": "시스템 점검으로 인한 서비스가 중지 중입니다.",
}
COMPANIES = (
    (SAMSUNG, "삼성전자", "SAMSUNG ELECTRONICS CO,.LTD", "005930"),
    ("00164779", "에스케이하이닉스", "SK hynix Inc.", "000660"),
    ("00434003", "다코", "Daco corporation", " "),
    ("00999999", "R&D <연구>", "R&D Lab", "900110"),
)


def account(name: str, statement: str, this: str, last: str, **more: str) -> dict[str, str]:
    return {
        "sj_div": statement,
        "account_nm": name,
        "thstrm_amount": this,
        "frmtrm_amount": last,
        "bfefrmtrm_amount": "",
        "thstrm_dt": "2024.01.01 ~ 2024.12.31",
        "currency": "KRW",
        **more,
    }


def annual_2024(receipt: str = "20250311001085") -> list[dict[str, str]]:
    """Round figures of a made-up year, consolidated and separate."""
    consolidated = [
        account("유동자산", "BS", "200,000", "180,000"),
        account("자산총계", "BS", "500,000", "460,000"),
        account("유동부채", "BS", "80,000", "70,000"),
        account("부채총계", "BS", "100,000", "100,000"),
        account("자본총계", "BS", "400,000", "360,000"),
        account("매출액", "IS", "300,000", "250,000", bfefrmtrm_amount="240,000"),
        account("영업이익", "IS", "30,000", "-", bfefrmtrm_amount="(5,000)"),
        account("당기순이익(손실)", "IS", "38,000", "-19,000"),
    ]
    separate = [account("매출액", "IS", "200,000", "170,000"), account("자산총계", "BS", "300,000", "290,000")]
    marks = {"rcept_no": receipt, "reprt_code": "11011", "bsns_year": "2024", "corp_code": SAMSUNG}
    return [
        *({**row, **marks, "fs_div": "OFS"} for row in separate),
        *({**row, **marks, "fs_div": "CFS"} for row in consolidated),
    ]


def filing(number: str, title: str, day: str, corp: str = SAMSUNG) -> dict[str, str]:
    return {
        "corp_cls": "Y",
        "corp_name": "삼성전자",
        "corp_code": corp,
        "stock_code": "005930",
        "report_nm": title,
        "rcept_no": number,
        "flr_nm": "삼성전자",
        "rcept_dt": day,
        "rm": "유",
    }


def corp_code_zip(companies: tuple[tuple[str, str, str, str], ...] = COMPANIES) -> bytes:
    rows = "".join(
        f"<list><corp_code>{code}</corp_code><corp_name>{escape(name)}</corp_name>"
        f"<corp_eng_name>{escape(english)}</corp_eng_name><stock_code>{symbol}</stock_code>"
        "<modify_date>20240630</modify_date></list>"
        for code, name, english, symbol in companies
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("CORPCODE.xml", f'<?xml version="1.0" encoding="UTF-8"?><result>{rows}</result>')
    return content.getvalue()


def contract_form(counterparty: str, encoding: str = "cp949") -> bytes:
    """The exchange's form 단일판매ㆍ공급계약체결, in the archive DART sends."""
    rows = (
        ("1. 판매ㆍ공급계약 내용", "검사 장비 공급계약"),
        ("2. 계약내역 계약금액(원)", "12,300,000,000"),
        ("3. 계약상대방", counterparty),
        ("- 최근 매출액(원)", "100,000,000,000"),
        ("-주요사업", "반도체"),
        ("-회사와의 관계", "-"),
        ("4. 판매ㆍ공급지역", "대한민국"),
    )
    cells = "".join(f"<TR><TD>{name}</TD><TD><SPAN>{escape(value)}</SPAN></TD></TR>" for name, value in rows)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "20250311800001.xml", f"<DOCUMENT><BODY><TABLE>{cells}</TABLE></BODY></DOCUMENT>".encode(encoding)
        )
    return content.getvalue()


def xml_status(status: str) -> bytes:
    text = MESSAGES.get(status, "")
    result = f"<result><status>{status}</status><message>{text}</message></result>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{result}'.encode()


def json_status(status: str, **more: Any) -> Answer:
    body = {"status": status, "message": MESSAGES.get(status, ""), **more}
    return Answer(content=json.dumps(body, ensure_ascii=False).encode(), content_type="application/json;charset=UTF-8")


@dataclass
class Dart(StandIn):
    """``status`` other than 000 is what every service answers."""

    status: str = "000"
    filings: list[dict[str, str]] = field(default_factory=list)
    statements: dict[tuple[str, str, str], list[dict[str, str]]] = field(default_factory=dict)
    shares: dict[tuple[str, str, str], list[dict[str, str]]] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    zip: bytes = field(default_factory=corp_code_zip)

    def answer(self, request: Request) -> Answer:
        status = "010" if request.query.get("crtfc_key") != KEY else self.status
        if request.path == "/api/corpCode.xml":
            if status != "000":
                return Answer(content=xml_status(status), content_type="application/xml;charset=UTF-8")
            return Answer(content=self.zip, content_type="application/x-msdownload;charset=UTF-8")
        if request.path == "/api/document.xml":
            return self._document(request.query.get("rcept_no", ""), status)
        if status != "000":
            return json_status(status)
        if request.path == "/api/list.json":
            return self._list(request)
        store = {"/api/fnlttSinglAcnt.json": self.statements, "/api/stockTotqySttus.json": self.shares}.get(
            request.path
        )
        if store is None:
            return json_status("101")
        rows = store.get((request.query["corp_code"], request.query["bsns_year"], request.query["reprt_code"]))
        return json_status("000", list=rows) if rows else json_status("013")

    def _document(self, number: str, status: str) -> Answer:
        known = self.documents.get(number)
        if status != "000" or known is None:
            status = "014" if status == "000" else status
            return Answer(content=xml_status(status), content_type="application/xml;charset=UTF-8")
        return Answer(content=known, content_type="application/x-msdownload;charset=UTF-8")

    def _list(self, request: Request) -> Answer:
        query = request.query
        rows = [
            row
            for row in self.filings
            if query["bgn_de"] <= row["rcept_dt"] <= query["end_de"]
            and query.get("corp_code") in (None, row["corp_code"])
        ]
        rows.sort(key=lambda row: row["rcept_no"], reverse=True)
        size, number = int(query["page_count"]), int(query["page_no"])
        if not rows:
            return json_status("013")
        return json_status(
            "000",
            page_no=number,
            page_count=size,
            total_count=len(rows),
            total_page=-(-len(rows) // size),
            list=rows[(number - 1) * size : number * size],
        )


@contextmanager
def dart() -> Iterator[Dart]:
    stand_in = Dart()
    with serving(stand_in.handle) as url:
        stand_in.url = url
        yield stand_in
