"""Vocabularies of SentencePiece (`tokenizer.model`): pieces with their scores, how they were learned, and rules that normalise text.

Rules of this file: every field is one that the library writes; it names files that it was trained on, and opens none.
Source: google/sentencepiece, src/sentencepiece_model.proto of release 0.2.
"""

from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.protobuf import Schema, parsed, schema

_SCHEMA: Final[Schema] = schema("""
ModelProto: 1 pieces SentencePiece*, 2 trainer_spec TrainerSpec, 3 normalizer_spec NormalizerSpec, 4 self_test_data SelfTestData, 5 denormalizer_spec NormalizerSpec
SentencePiece: 1 piece text, 2 score fixed32, 3 type varint
TrainerSpec: 1 input text*, 2 model_prefix text, 3 model_type varint, 4 vocab_size varint, 5 accept_language text*, 6 self_test_sample_size varint, 7 input_format text, 10 character_coverage fixed32, 11 input_sentence_size varint, 12 mining_sentence_size varint, 13 training_sentence_size varint, 14 seed_sentencepiece_size varint, 15 shrinking_factor fixed32, 16 num_threads varint, 17 num_sub_iterations varint, 18 max_sentence_length varint, 19 shuffle_input_sentence varint, 20 max_sentencepiece_length varint, 21 split_by_unicode_script varint, 22 split_by_whitespace varint, 23 split_by_number varint, 24 treat_whitespace_as_suffix varint, 25 split_digits varint, 26 allow_whitespace_only_pieces varint, 30 control_symbols text*, 31 user_defined_symbols text*, 32 vocabulary_output_piece_score varint, 33 hard_vocab_limit varint, 34 use_all_vocab varint, 35 byte_fallback varint, 36 required_chars text, 40 unk_id varint, 41 bos_id varint, 42 eos_id varint, 43 pad_id varint, 44 unk_surface text, 45 unk_piece text, 46 bos_piece text, 47 eos_piece text, 48 pad_piece text, 49 train_extremely_large_corpus varint, 50 enable_differential_privacy varint, 51 differential_privacy_noise_level fixed32, 52 differential_privacy_clipping_threshold varint, 53 pretokenization_delimiter text, 54 seed_sentencepieces_file text
NormalizerSpec: 1 name text, 2 precompiled_charsmap octets, 3 add_dummy_prefix varint, 4 remove_extra_whitespaces varint, 5 escape_whitespaces varint, 6 normalization_rule_tsv text
SelfTestData: 1 samples Sample*
Sample: 1 input text, 2 expected text
""")
_PIECES, _PIECE = 0x0A, 0x0A
_LONGEST: Final = 0x7F
"""Octets of a first piece; longer ones than fit one octet's length begin no vocabulary."""
_TYPES: Final = frozenset(range(1, 7))


def knows(octets: Octets) -> bool:
    """Return whether it begins with a piece, a score and a next piece."""
    view = octets.view
    if len(view) < 8 or view[0] != _PIECES or not 4 < view[1] <= _LONGEST or view[2] != _PIECE:  # noqa: PLR2004 - of one piece
        return False
    score = 4 + view[3]
    end = 2 + view[1]
    return score + 5 <= end < len(view) and view[score] == 0x15 and view[end] in {_PIECES, 0x12}  # noqa: PLR2004 - tags


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return nothing against it.

    Raises:
        Damaged, TooShort, Exhausted: it is no whole vocabulary.
    """
    del look
    model = parsed(octets, _SCHEMA, "ModelProto", budget)
    if not (model.has("trainer_spec") and model.has("normalizer_spec")):
        raise Damaged("part-missing", "it does not say how it was learned: it is cut off, or no vocabulary")
    if not all(piece.number("type") in _TYPES for piece in model.messages("pieces") if piece.has("type")):
        raise Damaged("field-malformed", "one of its pieces is of a kind that is not known")
    return Read()


FORMAT: Final = Format("sentencepiece", knows, read, order=62)
