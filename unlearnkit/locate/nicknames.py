"""First names that people use for one another, in English and some neighbouring languages."""

from __future__ import annotations

_TABLE = """
abigail abby gail
albert al bert bertie
alexander alex al sandy xander sascha
alexandra alex sandra sandy lexi
alfred alf fred freddie
amanda mandy
andrew andy drew andreas
anthony tony antonio toni
arthur art artie
barbara barb babs barbie
benjamin ben benny
bernard bernie
bradley brad
brian bryan
caroline carrie carol caro
catherine katherine kathryn cathy kathy kate katie kat kitty kay
charles charlie chuck chas carl
charlotte lottie charlie
christine christina chris tina chrissy
christopher chris kit topher
clifford cliff
cynthia cindy
daniel dan danny
david dave davey
deborah debbie deb
dennis denny
dominic dom nick
donald don donnie
dorothy dot dottie dolly
douglas doug
edward ed eddie ted teddy ned
eleanor ellie nora nell
elizabeth liz lizzie beth betty eliza libby lisa elsie bess
emily em emmy
eugene gene
evelyn eve evie
florence flo
frances fran frannie
francis frank fran
frederick fred freddie
gabriel gabe
gabriela gabi gaby
geoffrey jeffrey geoff jeff
george georgie
gerald gerry jerry
gregory greg
harold harry hal
helen nell lena
henry harry hank heinz
isabella bella isabel izzy
jacob jake
jacqueline jackie
james jim jimmy jamie
jane janie jenny
jennifer jenny jen
jessica jess jessie
johann hans johannes
john jack johnny
jonathan jon jonny
joseph joe joey
josephine jo josie
joshua josh
judith judy
katarzyna kasia
kenneth ken kenny
kimberly kim
lawrence larry
leonard leo len lenny
lillian lily
louis lou
louise lou
magdalena magda lena
margaret maggie meg peggy marge greta rita
maria mia marie
martin marty
matthew matt matthias
maximilian max
michael mike mick mickey
miguel migue
natalie nat
nathaniel nathan nat nate
nicholas nick nicky klaus
olivia liv
pamela pam
patricia pat patty trish tricia
patrick pat paddy
penelope penny
peter pete
philip phil
priscilla cilla
rebecca becky becca
richard dick rick ricky rich
robert bob bobby rob robbie bert
roger rodge
ronald ron ronnie
rosemary rose rosie
samantha sam
samuel sam sammy
sarah sally sadie
sebastian seb basti
sophia sophie
stephanie steph
stephen steven steve
susan sue susie suzy
tamara tammy
teresa theresa terry tess
theodore ted teddy theo
thomas tom tommy
timothy tim
valentina val tina
victoria vicky tori
vincent vince vinnie
virginia ginny
walter walt wally
wilhelm willi helmut
william bill billy will willie liam
zachary zach zack
"""
_GROUPS = tuple(frozenset(line.split()) for line in _TABLE.strip().splitlines())


def nicknames(first: str) -> frozenset[str]:
    """Other names of a person with this first name (normalised, lower case), both directions."""
    # Formal names stand first; two short forms of one line may be two people's, and may be one's.
    return frozenset(name for group in _GROUPS if first in group for name in group) - {first}
