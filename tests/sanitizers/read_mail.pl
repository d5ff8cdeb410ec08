# Another implementation's reading of mails (MIME-tools): one JSON line for each file named on the command line.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Encode qw(decode);
use JSON::PP;
use MIME::Parser;

my $json = JSON::PP->new->utf8->canonical;
for my $file (@ARGV) {
    my $parser = MIME::Parser->new;
    $parser->output_to_core(1);
    $parser->extract_nested_messages(0);
    my $mail = $parser->parse_open($file);
    my @leaves = $mail->parts ? $mail->parts : ($mail);
    my @parts;
    for my $leaf (@leaves) {
        die "$file: a multipart inside" if $leaf->parts;
        my $head = $leaf->head;
        my $filename = decoded($head->mime_attr('content-disposition.filename'));
        my $content = $leaf->bodyhandle ? $leaf->bodyhandle->as_string : '';
        $content =~ s/\r\n/\n/g, $content =~ s/\n+\z// if $filename eq '';    # the text of the mail
        push @parts, {
            type => $leaf->effective_type,
            filename => $filename,
            name => decoded($head->mime_attr('content-type.name')),
            sha256 => sha256_hex($content),
        };
    }
    my %fields = map { $_ => decoded($mail->head->get($_, 0)) } qw(Subject From To Message-ID In-Reply-To References);
    my @problems = ($parser->results->errors, $parser->results->warnings);
    push @problems, "ambiguous content" if $mail->can("ambiguous_content") && $mail->ambiguous_content;    # since 5.513
    print $json->encode({fields => \%fields, parts => \@parts, problems => \@problems}), "\n";
}

sub decoded {
    my $value = shift;
    return '' unless defined $value;
    chomp $value;
    $value =~ s/\r?\n//g;    # unfolding, RFC 5322 2.2.3
    return $value =~ /=\?/ ? decode('MIME-Header', $value) : utf8::is_utf8($value) ? $value : decode('UTF-8', $value);
}
