"""The style sheet of the page; a string, so that it is there wherever the code is."""

STYLE = """\
:root{--ink:#22272e;--quiet:#5d6670;--line:#e1e5ea;--good:#2c7a57;--bad:#b53d2d;--warn:#8a5a10;
--bg:#f5f6f8;--plan:#2f4b8f}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.6 "Noto Sans KR","Noto Sans CJK KR",
"Apple SD Gothic Neo","Malgun Gothic",sans-serif;
word-break:keep-all;overflow-wrap:anywhere}
main{max-width:1020px;margin:0 auto;padding:20px}
header{padding:6px 2px 12px}
h1{font-size:23px;margin:0 0 4px;line-height:1.35}
h2{font-size:18px;margin:0 0 12px}
h2 small,th small,figcaption small{color:var(--quiet);font-weight:400;margin-left:6px}
.disclaimer{display:inline-block;background:#fff3da;color:var(--warn);border-radius:6px;padding:3px 10px;font-size:14px}
section{background:#fff;border:1px solid var(--line);border-radius:12px;padding:18px 20px;margin:0 0 16px}
.strip{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:12px;margin:0 0 12px}
.figure{border:1px solid var(--line);border-radius:10px;padding:10px 14px}
.figure .label{font-size:13px;color:var(--quiet)}
.figure .value{font-size:23px;font-weight:700;line-height:1.35;font-variant-numeric:tabular-nums}
.figure .below,.figure .change{font-size:12.5px;color:var(--quiet);font-variant-numeric:tabular-nums}
.figure .change{font-weight:600}
.figure.good .change{color:var(--good)}.figure.bad .change{color:var(--bad)}
.figure.warn .value{color:var(--warn)}
p{margin:0 0 10px;white-space:pre-line}
p small{display:block;color:var(--quiet)}
p.quiet{color:var(--quiet);font-size:13.5px}p.warn{color:var(--warn);font-size:14px}p.bad{color:var(--bad);font-weight:700}
.scroll{overflow-x:auto;margin:0 0 14px}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{text-align:left;font-size:12.5px;color:var(--quiet);
border-bottom:2px solid var(--line);padding:5px 8px;vertical-align:bottom}
th small{display:block;margin:0}
td{border-bottom:1px solid var(--line);padding:5px 8px;vertical-align:top}
td:not(.number){min-width:104px}td.tag{min-width:0}
td.number,th.number{text-align:right}
td.number{white-space:nowrap}
tr.total td{font-weight:700;border-top:2px solid var(--line)}
figure{margin:0 0 16px}
figcaption{font-weight:600;font-size:14px;margin:0 0 6px}
figure img{display:block;width:100%;height:auto}
.bars{display:grid;gap:9px;margin:0 0 12px}
.bar{display:grid;grid-template-columns:270px 1fr 250px;gap:4px 14px;align-items:center;font-size:14px}
.bar .amount{font-size:12.5px;color:var(--quiet);font-variant-numeric:tabular-nums}
.bar svg{width:100%;height:16px;display:block;background:var(--bg);border-radius:4px}
rect.plain{fill:var(--plan)}rect.good{fill:var(--good)}rect.bad{fill:var(--bad)}rect.quiet{fill:#9aa3ad}
line.zero{stroke:var(--ink);stroke-width:.5}line.error{stroke:#111;stroke-width:1.2}
nav{font-size:13.5px;margin:8px 0 0}nav a{color:var(--plan);margin-right:12px;text-decoration:none;display:inline-block}
footer{color:var(--quiet);font-size:12.5px;padding:4px 2px 30px}
@media(max-width:640px){
main{padding:10px}section{padding:14px 12px;border-radius:10px}h1{font-size:19px}h2{font-size:16.5px}
.strip{grid-template-columns:1fr 1fr;gap:8px}.figure{padding:8px 10px}.figure .value{font-size:18px}
.bar{grid-template-columns:1fr}
figure{overflow-x:auto}figure img{min-width:540px}
table{min-width:520px}td:first-child{min-width:150px}
}
@media print{body{background:#fff}section{break-inside:avoid-page;border:0;padding:0}nav{display:none}}
"""
