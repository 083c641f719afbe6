mod bench;
mod house;
mod sealing;
mod tampering;
