"""Signs that a text speaks to a machine instead of a reader.

A filter like this is never complete. It decides little: a suspicious text is read by the lexicon only and is not shown
to a model; the bounds of :mod:`daybook.news.sentiment` hold without it.
"""

import re

from daybook.news.text import folded

_SIGNS = re.compile(
    r"""
    (?:ignore|disregard|forget|override)\W{0,3}(?:\w+\W+){0,4}?(?:instruction|prompt|rule|polic|guideline|context|above|previous)
    |(?:이전|앞선|위의?|지금까지의?|기존|모든)\s*(?:\w+\s*){0,2}(?:지시|명령|지침|프롬프트|규칙|안내)\w*\s*(?:\w+\s*){0,2}(?:무시|잊|따르지|버려|취소)
    |(?:지시|명령|지침|프롬프트|규칙)\w*\s*(?:모두\s*)?(?:무시|잊어|따르지)
    |system\s*(?:prompt|message|override|:)|시스템\s*(?:프롬프트|메시지|지시|명령|:)|developer\s*(?:mode|message)|개발자\s*모드|jailbreak|탈옥\s*모드
    |\byou\s+are\s+(?:now\s+)?(?:an?\s+)?(?:\w+\s+){0,3}(?:assistant|ai|model|agent|gpt|bot|trader)|당신은\s*(?:이제\s*)?(?:\w+\s*){0,4}(?:ai|인공지능|모델|비서|에이전트|트레이더)
    |(?:as|to)\s+(?:an?|the)\s+(?:ai|language|large\s+language)\s*(?:model|assistant)|(?:ai|인공지능|언어\s*모델|챗봇|llm)\s*(?:모델|비서|에이전트|시스템)?\s*(?:에게|은|는|이라면|라면|분석기)
    |(?:assistant|user|system|tool|human)\s*[:>\]|]\s*\S|<\|?\/?(?:im_start|im_end|system|assistant|user|tool|endoftext|inst)
    |\[/?inst\]|<{2,}|>{2,}|‹‹|end\s+of\s+(?:data|input|document|article)|</?(?:data|article|document|untrusted|function|invoke|tool)|-{3,}\s*(?:end|begin|system)
    |function_call|tool_call|tool_use|\b(?:place|submit|send|execute|cancel|prepare)_\w*order\w*|\b\w+_(?:order|ticket)\s*\(|"(?:name|tool|function|arguments)"\s*:|```
    |\b(?:score|sentiment|relevance|rate|rating)\b\W{0,3}(?:\w+\W+){0,4}?(?:as\W+)?[-+]?[01](?:\.\d+)?\b|(?:감성|감정|호재|평가)?\s*점수\w*\s*(?:\w+\s*){0,4}[-+]?\d(?:\.\d+)?\s*(?:으?로|점|을|를|이|만|$)
    |\b(?:api|secret|access)[\s_-]*(?:key|token)s?\b|환경\s*변수|\bapi\s*키|\b(?:app|secret)\s*key|비밀번호를?\s*(?:출력|보내|알려)|계좌\s*번호\w*\s*(?:\w+\s*){0,2}(?:출력|보내|알려|포함|전송)
    |(?:https?:|www\.)\S*(?:[?&][\w-]+=|\{|\$)|!\[[^\]]*\]\(|\]\(https?:|data:text|javascript:|base64
    |(?:요약|답변|응답|출력|보고서)\w*\s*(?:에|에는|은|는|을|를)?\s*(?:\w+\s*){0,4}(?:반드시|그대로|포함하|넣어|출력하|작성하|적어|라고만)
    |(?:summary|answer|reply|respond|output|report)\W+(?:\w+\W+){0,6}?(?:must|should|only|exactly|verbatim|include|with)\b
    |(?:즉시|지금|당장|전량|모두|반드시)\s*(?:\w+\s*){0,3}(?:매수|매도|주문)\s*(?:하라|하십시오|하세요|해라|할\s*것|주문을?|실행|전송)
    |\b(?:buy|sell|short|liquidate|order)\b\W+(?:\w+\W+){0,3}?(?:now|immediately|everything|all\s+(?:shares|holdings|positions))
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_suspicious(*texts: str) -> bool:
    """Whether a text looks like instructions to a model, a forged role or fence, a tool call or a way to leak."""
    return any(_SIGNS.search(folded(text)) is not None for text in texts)
